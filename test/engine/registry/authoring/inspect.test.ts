import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Inspection } from "../../../../src/engine/registry/authoring/inspection.ts";
import { inspectBundle } from "../../../../src/engine/registry/authoring/inspect.ts";
import { INSPECT_COMMAND } from "./script-folder.ts";

const inspect = (bundle: string, timeoutMs = 5_000): Promise<Inspection> => inspectBundle(bundle, { timeoutMs, mechanism: "none", command: INSPECT_COMMAND });

test("an object's fields come as data, and what is none is named", async () => {
  const inspection = await inspect(`
    const loop = {}; loop.self = loop;
    export const hook = {
      name: "A", at: new Date(0), list: [1, , null], nothing: undefined, f() {}, big: 10n, nan: NaN, map: new Map(), deep: { g: () => 1 }, loop,
      async handler(ctx) {},
    };`);
  expect(inspection).toEqual({
    ok: true,
    names: ["hook"],
    exports: [
      {
        name: "hook",
        kind: "object",
        params: 0,
        handler: { kind: "function", params: 1 },
        fields: { name: "A", at: "1970-01-01T00:00:00.000Z", list: [1, null, null], deep: {}, loop: {} },
        not_data: ["f (function)", "big (bigint)", "nan (NaN)", "map (Map)", "deep.g (function)", "loop.self (circular)"],
      },
    ],
  });
});

test("the script sees a scrubbed environment", async () => {
  process.env["NEXUS_TEST_SECRET"] = "canary";
  try {
    const inspection = await inspect("export const hook = { names: Object.keys(process.env).sort(), handler() {} };");
    const names = inspection.ok ? (inspection.exports[0]?.fields?.["names"] as string[]) : [];
    const allowed = ["HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "TZ"];
    expect(names).toContain("PATH");
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
  } finally {
    delete process.env["NEXUS_TEST_SECRET"];
  }
});

test("a flood on stdout neither blocks nor reaches us", async () => {
  const inspection = await inspect(`for (let i = 0; i < 2_000; i++) { console.log("x".repeat(1_000)); } export default () => {};`);
  expect(inspection.ok).toBe(true);
});

test("metadata of more than the pipe holds arrives whole", async () => {
  const inspection = await inspect(`export const hook = { text: "x".repeat(1_000_000), handler() {} };`);
  const text = inspection.ok ? inspection.exports[0]?.fields?.["text"] : undefined;
  expect(String(text).length).toBe(1_000_000);
});

test("what the script started dies with it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-inspect-"));
  try {
    const file = join(folder, "pid");
    await inspect(`
      import { spawn } from "node:child_process";
      import { writeFileSync } from "node:fs";
      const child = spawn("sleep", ["600"], { stdio: "ignore" });
      writeFileSync(${JSON.stringify(file)}, String(child.pid));
      export default () => {};`);
    const pid = Number(readFileSync(file, "utf8"));
    const deadline = performance.now() + 5_000;
    while (isAlive(pid) && performance.now() < deadline) await new Promise((resolve) => setImmediate(resolve));
    expect(isAlive(pid)).toBe(false);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("code that fails beside the loading does not matter, before its end or after", async () => {
  const before = await inspect("Promise.reject(new Error('unheard')); setTimeout(() => { throw new Error('beside'); }, 0); await new Promise((resolve) => setTimeout(resolve, 1)); export default () => {};");
  expect(before).toMatchObject({ ok: true });
  const inspection = await inspect("setTimeout(() => { throw new Error('later'); }, 0); Promise.reject(new Error('unheard')); export default () => {};");
  expect(inspection.ok).toBe(true);
});

/** A zombie is dead: it only waits for init. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  try {
    return existsSync("/proc/self") ? !/\) [ZX] /.test(readFileSync(stat, "utf8")) : process.kill(pid, 0);
  } catch {
    return false;
  }
}
