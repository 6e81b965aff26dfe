import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { compileSchedule } from "../../src/engine/pipeline/schedule.ts";
import { prepareScript } from "../../src/engine/registry/authoring/prepare-script.ts";
import { prepareOptions, ScriptFolder } from "../engine/registry/authoring/script-folder.ts";
import { EXAMPLES } from "./example-desk.ts";

const README = readFileSync(fileURLToPath(new URL("../../hook-examples/README.md", import.meta.url)), "utf8");

describe.each(EXAMPLES.map((path) => [basename(path, ".ts"), path]))("%s", (name, path) => {
  test("can be registered without a finding, under the name of its file", async () => {
    const prepared = await prepareScript(path, prepareOptions({ validateSchedule: compileSchedule }));
    expect(prepared.findings).toEqual([]);
    expect(prepared.slug).toBe(name);
    expect(prepared.metadata.description ?? "").not.toBe("");
  });

  test("is short enough to learn from, and named in the README", () => {
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").length;
    expect(lines).toBeGreaterThanOrEqual(15);
    expect(lines).toBeLessThanOrEqual(60);
    expect(README).toContain(`${name}.ts`);
  });
});

test("the examples show all four forms of a hook", async () => {
  const forms = new Set<string>();
  for (const path of EXAMPLES) {
    const text = readFileSync(path, "utf8");
    const form = /^export (?:default (?:async )?(function|defineHook)|const (hook|automation)\b)/m.exec(text);
    forms.add(form?.[1] ?? form?.[2] ?? "none");
  }
  expect([...forms].sort()).toEqual(["automation", "defineHook", "function", "hook"]);
});

describe("the README", () => {
  test("is short enough to be read whole", () => {
    expect(README.split("\n").length).toBeLessThan(300);
  });

  test.each([...README.matchAll(/```ts\n([\s\S]*?)```/g)].map((match, index) => [index + 1, match[1] ?? ""] as const))("script %d type-checks and can be registered", async (index, text) => {
    using folder = new ScriptFolder();
    const { findings } = await folder.prepare(`readme-${index}.ts`, text, { validateSchedule: compileSchedule });
    expect(findings).toEqual([]);
  });
});
