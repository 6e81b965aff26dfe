import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = join(import.meta.dir, "..", "..", "dist", "nexus");
const script = join(import.meta.dir, "..", "..", "hook-examples", "no-duplicates.ts");

let folder: string;
let home: string;
let marker: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "nexus-hostile-"));
  home = join(folder, "home");
  marker = join(folder, "marker");
  const cwd = join(folder, "cwd");
  mkdirSync(join(cwd, "node_modules", "commander"), { recursive: true });
  const evil = `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "executed");`;
  writeFileSync(join(cwd, "evil.ts"), evil);
  writeFileSync(join(cwd, "bunfig.toml"), 'preload = ["./evil.ts"]\n[run]\npreload = ["./evil.ts"]\n');
  writeFileSync(join(cwd, ".env"), `NEXUS_HOME=${join(folder, "stolen")}\nNEXUS_AGENT_ID=evil\n`);
  writeFileSync(join(cwd, "tsconfig.json"), '{ "compilerOptions": { "paths": { "*": ["./evil.ts"] } } }');
  writeFileSync(join(cwd, "package.json"), '{ "type": "commonjs", "main": "./evil.ts", "imports": { "#*": "./evil.ts" } }');
  writeFileSync(join(cwd, "node_modules", "commander", "package.json"), '{ "name": "commander", "main": "index.js" }');
  writeFileSync(join(cwd, "node_modules", "commander", "index.js"), evil);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function nexus(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, NEXUS_HOME: home, TMPDIR: tmpdir() };
  const child = Bun.spawn([binary, ...args], { cwd: join(folder, "cwd"), env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, out, err };
}

test("no command runs or reads anything of the folder it is called in", async () => {
  const registered = await nexus("hooks", "register", script, "--json");
  expect(registered.err).toBe("");
  expect(JSON.parse(registered.out)).toMatchObject({ slug: "no-duplicates", status: "active", });
  expect(JSON.parse(registered.out)).not.toHaveProperty("created_by_agent");
  expect((await nexus("events", "emit", "--content", "hello", "--json")).code).toBe(0);
  expect((await nexus("serve", "--once")).code).toBe(0);
  const listed = await nexus("hooks", "list", "--json");
  expect((JSON.parse(listed.out) as unknown[]).length).toBe(1);
  expect((await nexus("hooks", "validate", script)).code).toBe(0);
  expect((await nexus("status")).code).toBe(0);
  expect(existsSync(marker)).toBe(false);
  expect(existsSync(join(folder, "stolen"))).toBe(false);
}, 30_000);

test("errors keep their form and their exit code from anywhere", async () => {
  await nexus("hooks", "register", script);
  const missing = await nexus("hooks", "info", "no-duplicate", "--json");
  expect(missing.code).toBe(3);
  expect(missing.out).toBe("");
  expect(JSON.parse(missing.err)).toMatchObject({ error: { code: "HOOK_NOT_FOUND", retryable: false, did_you_mean: ["no-duplicates"] } });
  expect((await nexus("nonsense")).code).toBe(2);
  expect((await nexus("--version")).out.trim()).toMatch(/^\d+\.\d+\.\d+$/);
});
