import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { driftOf, storeScript, verifyScript } from "../../../src/engine/registry/script-store.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { refusal } from "./registry-desk.ts";

const TEXT = "export default () => undefined;\n";
const HASH = new Bun.CryptoHasher("sha256").update(TEXT).digest("hex");

test("a copy is written once, and never again", () => {
  using home = tempHome();
  const path = storeScript(home.path, TEXT, HASH);
  const { ino } = statSync(path);
  expect(storeScript(home.path, TEXT, HASH)).toBe(path);
  expect(statSync(path).ino).toBe(ino);
  expect(statSync(path).mode & 0o777).toBe(0o400);
  expect(readFileSync(path, "utf8")).toBe(TEXT);
  expect(readdirSync(home.path)).toEqual([`${HASH}.mjs`]);
});

test("what a crash in the middle of writing left is no obstacle", () => {
  using home = tempHome();
  writeFileSync(join(home.path, `.${HASH}.${process.pid}.tmp`), "half", { mode: 0o400 });
  expect(readFileSync(storeScript(home.path, TEXT, HASH), "utf8")).toBe(TEXT);
  expect(readdirSync(home.path)).toEqual([`${HASH}.mjs`]);
});

test("a folder that cannot be written has its code, and no half file stays", () => {
  using home = tempHome();
  const folder = join(home.path, "file");
  writeFileSync(folder, "");
  expect(refusal(() => storeScript(folder, TEXT, HASH))).toMatchObject({ code: "HOME_NOT_WRITABLE", message: expect.stringContaining(folder) });
  expect(refusal(() => storeScript(join(home.path, "nowhere"), TEXT, HASH)).code).toBe("HOME_NOT_WRITABLE");
  expect(readdirSync(home.path)).toEqual(["file"]);
});

test("a copy that is gone, or another, or no file, is refused", () => {
  using home = tempHome();
  const path = storeScript(home.path, TEXT, HASH);
  verifyScript(path, HASH);
  rmSync(path);
  expect(refusal(() => verifyScript(path, HASH)).code).toBe("SCRIPT_REFUSED");
  writeFileSync(path, `${TEXT} `);
  expect(refusal(() => verifyScript(path, HASH))).toMatchObject({ code: "SCRIPT_REFUSED", message: expect.stringContaining("was changed") });
  rmSync(path);
  mkdirSync(path);
  expect(refusal(() => storeScript(home.path, TEXT, HASH)).code).toBe("SCRIPT_REFUSED");
});

test("drift is what became of the author's file", () => {
  using home = tempHome();
  const source_path = join(home.path, "hook.ts");
  writeFileSync(source_path, TEXT);
  const version = { source_path, source_hash: HASH };
  expect(driftOf(version)).toBe("unchanged");
  writeFileSync(source_path, `${TEXT}// edited`);
  expect(driftOf(version)).toBe("changed");
  rmSync(source_path);
  expect(driftOf(version)).toBe("missing");
});
