import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { prepareScript } from "../../../../src/engine/registry/authoring/prepare-script.ts";
import { FIXTURES, prepareOptions, ScriptFolder } from "./script-folder.ts";

let folder: ScriptFolder;
beforeAll(() => {
  folder = new ScriptFolder();
});
afterAll(() => folder[Symbol.dispose]());

const FIRE = "{ return { fire: true }; }";

describe("the forms of a hook", () => {
  const forms: [name: string, file: string, text: string, form: string][] = [
    ["a default function in TypeScript", "a.ts", `export default async function (ctx: HookContext): Promise<HookResult> ${FIRE}`, "function"],
    ["a default function in JavaScript", "b.js", `export default async function (ctx) ${FIRE}`, "function"],
    ["a default arrow function", "c.mjs", "export default (ctx) => ({ fire: ctx.event.type === 'x' });", "function"],
    ["export const hook in TypeScript", "d.ts", `export const hook: Hook = { async handler(ctx) ${FIRE} };`, "hook"],
    ["export const hook in JavaScript", "e.js", `export const hook = { async handler(ctx) ${FIRE} };`, "hook"],
    ["export const automation in TypeScript", "f.mts", `export const automation: Automation = { handler: (ctx) => ({ fire: ctx.event.depth > 0 }) };`, "automation"],
    ["export const automation in JavaScript", "g.js", `export const automation = { handler() ${FIRE} };`, "automation"],
    ["defineHook in TypeScript", "h.ts", `import { defineHook } from "nexus";\nexport default defineHook({ handler: async (ctx) => ({ fire: ctx.now.getTime() > 0 }) });`, "default-object"],
    ["defineHook in JavaScript", "i.js", `import { defineHook } from "nexus";\nexport default defineHook({ handler() ${FIRE} });`, "default-object"],
    ["a default object", "j.ts", `export default { handler(ctx: HookContext): HookResult ${FIRE} };`, "default-object"],
    ["hook that is also the default export", "k.ts", `export const hook: Hook = { handler: () => ({ fire: true }) };\nexport default hook;`, "hook"],
    ["module.exports = function", "l.cjs", `const path = require("path");\nmodule.exports = async function (ctx) { return { fire: path.sep === "/" }; };`, "function"],
    ["module.exports in TypeScript", "m.ts", `module.exports = async function (ctx: HookContext) ${FIRE};`, "function"],
    ["exports.hook", "n.cjs", `exports.hook = { handler() ${FIRE} };`, "hook"],
    ["an instance with a handler method", "o.ts", `class Watch { name = "Watch"; handler(ctx: HookContext): HookResult { return { fire: ctx.event.depth > 0 }; } }\nexport default new Watch();`, "default-object"],
    ["a script with top-level await", "p.ts", `const limit = await Promise.resolve(3);\nexport default (ctx: HookContext) => ({ fire: ctx.event.depth > limit });`, "function"],
    ["JSX files", "q.tsx", `export default (ctx: HookContext): HookResult => ({ fire: ctx.event.depth > 0 });`, "function"],
  ];
  test.each(forms)("%s is accepted", async (_name, file, text, form) => {
    const prepared = await folder.prepare(file, text);
    expect(prepared.exportForm as string).toBe(form);
    expect(prepared.findings).toEqual([]);
  });
});

test("the Casey example of the specification has its metadata from JSDoc and no finding", async () => {
  const path = join(FIXTURES, "casey-safety-check.ts");
  const prepared = await prepareScript(path, prepareOptions());
  expect(prepared.metadata.name).toBe("Casey Safety Check");
  expect(prepared.metadata.description).toBe("Check if Casey texted home safe by 3am");
  expect(prepared.metadata.mode).toBe("one-shot");
  expect(prepared.metadata.stage).toBe("runAutomations");
  expect(prepared.slug).toBe("casey-safety-check");
  expect(prepared.findings.filter((finding) => finding.code !== "SCRIPT_GROUP_WRITABLE")).toEqual([]);
  expect(prepared.sourcePath).toBe(path);
  expect(prepared.sourceHash).toBe(createHash("sha256").update(readFileSync(path)).digest("hex"));
  expect(prepared.bundleHash).toBe(createHash("sha256").update(prepared.bundle).digest("hex"));
});

test("flags win over the object, the object over JSDoc, JSDoc over the file name", async () => {
  const text = `
    /** @description from a tag
     *  @timeout_ms 700 */
    export const hook: Hook = { mode: "one-shot", priority: 4, limits: { llm_calls: 2 }, handler: () => ({ fire: false }) };`;
  const prepared = await folder.prepare("sources of truth.ts", text, { flags: { mode: "persistent", limits: { memory_mb: 64 } } });
  expect(prepared.metadata).toEqual({
    name: "sources of truth",
    description: "from a tag",
    mode: "persistent",
    stage: "runAutomations",
    priority: 4,
    isolation: "warm",
    config: {},
    limits: { timeout_ms: 700, concurrency: 1, memory_mb: 64, llm_calls: 2 },
  });
  expect(prepared.slug).toBe("sources-of-truth");
});

test("a schedule given as an option replaces the script's as a whole", async () => {
  const text = `export const hook = { triggers: { schedule: { cron: "0 9 * * *", timezone: "Europe/Berlin" } }, handler() {} };`;
  const [kept, replaced] = [await folder.prepare("kept.ts", text), await folder.prepare("replaced.ts", text, { flags: { schedule: { every: "15m" } } })];
  expect(kept.metadata.schedule).toEqual({ cron: "0 9 * * *", timezone: "Europe/Berlin" });
  expect(kept.metadata.triggers).toBeUndefined();
  expect(replaced.metadata.schedule).toEqual({ every: "15m" });
});

test("a Date in the metadata is kept as ISO 8601, and the schedule is handed to the validator", async () => {
  const seen: unknown[] = [];
  const text = `export const hook = { schedule: { at: new Date(Date.UTC(2030, 0, 1)) }, handler() {} };`;
  await folder.prepare("dated.ts", text, { validateSchedule: (schedule, now) => void seen.push(schedule, now) });
  expect(seen).toEqual([{ at: "2030-01-01T00:00:00.000Z" }, Date.parse("2027-01-01T00:00:00Z")]);
});

test("what a script prints or changes while it is loaded does not reach its metadata", async () => {
  const text = `
    console.log('{"ok":true,"names":[],"exports":[]}'); process.stdout.write("{}\\n"); console.error("noise");
    JSON.stringify = () => "[]";
    export const hook = { name: "Noisy", handler() {} };`;
  expect((await folder.prepare("noisy.js", text)).metadata.name).toBe("Noisy");
});

test("a script that breaks the language for itself is refused, not misread", async () => {
  const error = await folder.refusal("hostile.js", "Array.prototype.push = () => 0; Object.entries = () => { throw new Error('broken'); };\nexport const hook = { handler() {} };");
  expect(error.code).toMatch(/^S(CRIPT_LOAD|IGNATURE_INVALID)$/);
});
