import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { HOOK_MODES, HOOK_STAGES } from "../../../../src/engine/core/hook.ts";
import { METADATA_FIELDS } from "../../../../src/engine/core/hook-metadata.ts";
import { hookResultSchema } from "../../../../src/engine/core/result.ts";
import { prepareScript } from "../../../../src/engine/registry/authoring/prepare-script.ts";
import { FIXTURES, prepareOptions, ScriptFolder } from "./script-folder.ts";

let folder: ScriptFolder;
beforeAll(() => {
  folder = new ScriptFolder();
});
afterAll(() => folder[Symbol.dispose]());

const WRONG = "{ const n: number = ctx.dbPath; return { fire: n > 0 }; }";
const FOUND = ["TS2322: Type 'string' is not assignable to type 'number'."];

async function types(name: string, text: string): Promise<string[]> {
  const { findings } = await folder.prepare(name, text);
  return findings.filter(({ code }) => code !== "PERMISSION_HINT").map((finding) => `${finding.code}: ${finding.message}`);
}

test.each(["all-fields.ts", "all-stage-fields.ts"])("every field of the contract type-checks: %s", async (file) => {
  const { findings } = await prepareScript(join(FIXTURES, file), prepareOptions());
  expect(findings.filter((finding) => finding.code.startsWith("TS"))).toEqual([]);
});

describe("HookContext is known and checked", () => {
  test.each([
    ["without an import", ""],
    ["imported from nexus", `import type { HookContext, HookResult } from "nexus";`],
    ["imported from nexus without `type`", `import { HookContext, HookResult } from "nexus";`],
    ["imported from a relative file that does not exist", `import { HookContext, HookResult } from "./types";`],
    ["imported from a missing file above", `import type { HookContext, HookResult } from "../../shared/types.js";`],
    ["imported from a package that does not exist", `import type { HookContext, HookResult } from "@nexus/types";`],
  ])("%s", async (name, line) => {
    const file = `${name.replaceAll(/\W/g, "-")}.ts`;
    expect(await types(file, `${line}\nexport default (ctx: HookContext): HookResult => ${WRONG};`)).toEqual(FOUND);
  });
});

test("a type that only a missing file could have is any, and no finding", async () => {
  const text = `import type { Special, HookContext } from "./not-there";\nimport Other from "./not-there-either";\nimport * as T from "nope";\nexport default (ctx: HookContext) => { const s: Special = ctx.event; const o: Other = s; const t: T.Thing = o; return { fire: t.x }; };`;
  expect(await types("special.ts", text)).toEqual([]);
});

test("a finding names file, line and column, also in a relative import", async () => {
  const part = folder.write("part.ts", "\nexport const part: number = 'x';\n");
  const { findings } = await folder.prepare("whole.ts", `import { part } from "./part";\nexport default () => ({ fire: part > 0 });`);
  expect(findings).toEqual([{ code: "TS2322", message: "Type 'string' is not assignable to type 'number'.", file: part, line: 2, column: 14 }]);
});

test("rows of both SQLite clients and of the ledger are any", async () => {
  const text = `
    import Better, { SqliteError } from "better-sqlite3";
    import { Database } from "bun:sqlite";
    export default (ctx: HookContext): HookResult => {
      const better = new Better(ctx.dbPath, { readonly: true, fileMustExist: true });
      try {
        const a: string = better.prepare("SELECT 1").get(1).content;
        const b: number = new Database(ctx.dbPath, { readonly: true }).query("SELECT 1").get().n;
        const c: string[] = ctx.ledger.query("SELECT id FROM events").map((row) => row.id);
        const d: number = better.pragma("user_version", { simple: true });
        const e: number = better.prepare("SELECT 1").pluck().all().length + better.transaction((x: number) => x).immediate(1);
        return { fire: a.length + b + c.length + d + e > 0 };
      } catch (error) {
        return { fire: error instanceof SqliteError && error.code === "SQLITE_BUSY" };
      }
    };`;
  expect(await types("rows.ts", text)).toEqual([]);
});

test("what hooks normally use is known", async () => {
  const text = `
    import { readFileSync, readdirSync, watch } from "node:fs";
    import * as path from "path";
    import os from "node:os";
    import { createHash } from "node:crypto";
    import { setTimeout as delay } from "timers/promises";
    export default async (ctx: HookContext): Promise<HookResult> => {
      const response = await fetch(new URL("https://example.org"), { signal: AbortSignal.timeout(5), headers: { a: process.env["A"] ?? "" } });
      const body = await response.json();
      const bytes = new TextEncoder().encode(Buffer.from("x").toString("base64"));
      const timer = setTimeout(() => console.log(crypto.randomUUID(), structuredClone(bytes)), 10);
      clearTimeout(timer);
      const names = readdirSync(os.tmpdir()).filter((name) => name.endsWith(path.sep));
      await delay(1);
      return { fire: body.ok && names.length > 0 && readFileSync(ctx.dbPath, "utf8").includes(createHash("sha256").digest("hex")) && Boolean(watch) && Bun.version !== import.meta.dir };
    };`;
  expect(await types("usual.ts", text)).toEqual([]);
});

test("JavaScript is not type-checked, and its modules need no declarations", async () => {
  folder.write("plain.js", "export const plain = (x) => x.y;");
  expect(await types("js.js", "export default (ctx) => { let a = 1; a = 'x'; return { fire: ctx.nope > a }; };")).toEqual([]);
  expect(await types("uses-js.ts", `import { plain } from "./plain.js";\nexport default (ctx: HookContext) => ({ fire: plain(ctx) });`)).toEqual([]);
});

test("mistakes inside packages are no findings", async () => {
  // A folder of its own: Bun remembers which folders have a node_modules.
  using other = new ScriptFolder();
  other.write("node_modules/loose/package.json", `{ "name": "loose", "main": "index.ts" }`);
  other.write("node_modules/loose/index.ts", "export const loose: number = 'x'; export function f(a) { return a; }");
  const { findings } = await other.prepare("loose.ts", `import { loose } from "loose";\nexport default () => ({ fire: loose > 0 });`);
  expect(findings).toEqual([]);
});

test("a tsconfig.json beside the script changes nothing", async () => {
  using other = new ScriptFolder();
  other.write("tsconfig.json", `{ "compilerOptions": { "strict": false, "paths": { "nexus": ["./fake.ts"] } } }`);
  other.write("fake.ts", "export type HookContext = any; export const defineHook = () => 'hijacked';");
  const prepared = await other.prepare("hook.ts", `import { defineHook } from "nexus";\nexport default defineHook({ handler: (ctx) => ${WRONG} });\nexport const f = (x) => x;`);
  expect(prepared.findings.map((finding) => finding.code)).toEqual(["TS2322", "TS7006"]);
  expect(prepared.exportForm).toBe("default-object");
});

test("the contract's types and the metadata schema have the same fields and values", async () => {
  const record = (type: string, names: readonly string[]): string => `const _${type.replaceAll(/\W/g, "_")}: Record<${type}, 1> = { ${names.map((name) => `${JSON.stringify(name)}: 1`).join(", ")} };`;
  const text = [
    `import type { Hook, Triggers, Schedule, Limits, HookStage, HookMode } from "nexus";`,
    record("keyof Hook", [...(METADATA_FIELDS[""] ?? []), "handler"]),
    record("keyof Triggers", METADATA_FIELDS["triggers"] ?? []),
    record("keyof NonNullable<Triggers['principal']>", METADATA_FIELDS["triggers.principal"] ?? []),
    record("keyof NonNullable<Triggers['event']>", METADATA_FIELDS["triggers.event"] ?? []),
    record("keyof NonNullable<Triggers['ref']>", METADATA_FIELDS["triggers.ref"] ?? []),
    record("keyof Schedule", METADATA_FIELDS["schedule"] ?? []),
    record("keyof Limits", METADATA_FIELDS["limits"] ?? []),
    record("HookStage", HOOK_STAGES),
    record("HookMode", HOOK_MODES),
    record("keyof HookResult", Object.keys(hookResultSchema.shape)),
    "export default () => ({ fire: false });",
  ].join("\n");
  expect(await types("in-step.ts", text)).toEqual([]);
});
