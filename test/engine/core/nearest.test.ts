import { expect, test } from "bun:test";
import { editDistance, nearest } from "../../../src/engine/core/nearest.ts";

test("a swap of neighbours costs one edit, like an insertion, a deletion and a replacement", () => {
  expect(editDistance("owner", "onwer")).toBe(1);
  expect(editDistance("chanels", "channels")).toBe(1);
  expect(editDistance("modes", "mode")).toBe(1);
  expect(editDistance("mode", "made")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
  expect(editDistance("kitten", "sitting")).toBe(3);
});

test("the nearest names come first, at most so many", () => {
  expect(nearest("chanel", ["types", "channel", "channels", "chancel"])).toEqual(["chancel", "channel", "channels"]);
  expect(nearest("chanel", ["channel", "channels", "chancel"], 1)).toEqual(["chancel"]);
});

test("a part of a long name finds it, letter case does not matter, and strangers are not offered", () => {
  expect(nearest("timeout", ["timeout_ms", "memory_mb"])).toEqual(["timeout_ms"]);
  expect(nearest("TimeZone", ["timezone"])).toEqual(["timezone"]);
  expect(nearest("colour", ["name", "mode", "limits"])).toEqual([]);
  expect(nearest("", ["a", "b"])).toEqual([]);
});
