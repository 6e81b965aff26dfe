import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Bundle } from "../../../../src/engine/registry/authoring/bundle-script.ts";
import { bundleScript } from "../../../../src/engine/registry/authoring/bundle-script.ts";
import { readScript } from "../../../../src/engine/registry/authoring/read-script.ts";
import { ScriptFolder } from "./script-folder.ts";

const HOOK = `
import { greet } from "dep";
import { shout } from "./lib/shout";
import Database from "better-sqlite3";
import { defineHook } from "nexus";
import { readFileSync } from "node:fs";
export default defineHook({ name: shout(greet("x")), handler: () => ({ fire: Boolean(Database) && Boolean(readFileSync) && process.env.NODE_ENV === "production" && process.env.SECRET === "s" }) });
`;

function fill(folder: ScriptFolder): string {
  folder.write("node_modules/dep/package.json", `{ "name": "dep", "main": "index.js" }`);
  folder.write("node_modules/dep/index.js", `exports.greet = (name) => "hello " + name;`);
  folder.write("lib/shout.ts", "export const shout = (text: string): string => `${text}!`;");
  return folder.write("hook.ts", HOOK);
}

const bundle = async (path: string): Promise<Bundle> => await bundleScript(await readScript(path));

let folder: ScriptFolder;
beforeAll(() => {
  folder = new ScriptFolder();
  fill(folder);
});
afterAll(() => folder[Symbol.dispose]());

/** Runs a bundle as the runtime does, from memory. */
async function load(text: string): Promise<Readonly<Record<string, unknown>>> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(url)) as Readonly<Record<string, unknown>>;
  } finally {
    URL.revokeObjectURL(url);
  }
}

test("a bundle is whole: relative imports and packages are in it, bun: and node: stay imports", async () => {
  const { text } = await bundle(`${folder.path}/hook.ts`);
  expect(text).toContain("hello ");
  expect([...text.matchAll(/from"([^"]+)"/g)].map((match) => match[1])).toEqual(["fs"]);
  Reflect.set(globalThis, Symbol.for("nexus.modules"), { "better-sqlite3": { Database: class {}, SqliteError: Error } });
  try {
    const module = await load(text);
    expect(module["default"]).toMatchObject({ name: "hello x!" });
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for("nexus.modules"));
  }
});

test("the same sources give the same bundle in another folder, from another folder, and every time", async () => {
  using other = new ScriptFolder();
  fill(other);
  const before = process.cwd();
  const hashes = new Set<string>();
  try {
    for (const cwd of [before, "/", folder.path, other.path]) {
      process.chdir(cwd);
      hashes.add((await bundle(`${folder.path}/hook.ts`)).hash);
      hashes.add((await bundle(`${other.path}/hook.ts`)).hash);
    }
  } finally {
    process.chdir(before);
  }
  expect(hashes.size).toBe(1);
});

test("no absolute path, environment variable or source text is in a bundle", async () => {
  process.env["SECRET"] = "do-not-inline";
  try {
    const { text } = await bundle(`${folder.path}/hook.ts`);
    const map = Buffer.from(text.split("base64,")[1] ?? "", "base64").toString();
    for (const part of [text, map]) {
      expect(part).not.toContain(folder.path);
      expect(part).not.toContain("do-not-inline");
    }
    expect(JSON.parse(map)).toMatchObject({ sources: expect.arrayContaining(["hook.ts", "lib/shout.ts", "node_modules/dep/index.js"]) });
  } finally {
    delete process.env["SECRET"];
  }
});

test("a changed import changes the hash, as does a changed script", async () => {
  using other = new ScriptFolder();
  const path = fill(other);
  const first = await bundle(path);
  other.write("lib/shout.ts", "export const shout = (text: string): string => `${text}!!`;");
  const second = await bundle(path);
  other.write("hook.ts", `${HOOK}\nexport const more = 1;`);
  expect(new Set([first.hash, second.hash, (await bundle(path)).hash]).size).toBe(3);
});

test("a stack trace names the author's file and line", async () => {
  folder.write("lib/fails.ts", "interface Nothing { a: 1 }\n\nexport function fails(): never {\n  throw new Error('here');\n}\n");
  const { text } = await bundle(folder.write("tracing.ts", `import { fails } from "./lib/fails";\ninterface A { b: 1 }\nexport default (): void => {\n  fails();\n};`));
  const handler = (await load(text))["default"] as () => void;
  let stack = "";
  try {
    handler();
  } catch (error) {
    stack = error instanceof Error ? (error.stack ?? "") : "";
  }
  expect(stack).toContain("lib/fails.ts:4:13");
  expect(stack).toContain("tracing.ts:4:3");
});

test("import.meta and __dirname tell the author's folder, not the bundle's", async () => {
  const { text } = await bundle(folder.write("placed.ts", "export default () => [import.meta.url, import.meta.dir, import.meta.filename, __dirname, new URL('./data.json', import.meta.url).pathname];"));
  const handler = (await load(text))["default"] as () => unknown;
  const at = folder.path;
  expect(handler()).toEqual([`file://${at}/placed.ts`, at, `${at}/placed.ts`, at, `${at}/data.json`]);
});

describe("CommonJS", () => {
  test("require of better-sqlite3 is the class itself", async () => {
    const Database = class {};
    Reflect.set(globalThis, Symbol.for("nexus.modules"), { "better-sqlite3": { Database, SqliteError: Error } });
    try {
      const { text } = await bundle(folder.write("common.cjs", "const Database = require('better-sqlite3'); module.exports = () => Database;"));
      expect(((await load(text))["default"] as () => unknown)()).toBe(Database);
    } finally {
      Reflect.deleteProperty(globalThis, Symbol.for("nexus.modules"));
    }
  });

  test.each([
    ["exports.hook = { handler() {} };", ["hook"]],
    ["module.exports = { automation: { handler() {} } };", ["automation"]],
    ["module.exports = { name: 'x', handler() {} };", ["default"]],
    ["Object.defineProperty(exports, '__esModule', { value: true }); exports.default = () => {};", ["default"]],
  ])("%s exports %j", async (code, names) => {
    const module = await load((await bundle(folder.write("shape.cjs", code))).text);
    expect(Object.keys(module).filter((name) => module[name] !== undefined)).toEqual(names);
  });
});
