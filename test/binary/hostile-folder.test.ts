import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/commands.ts";

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

function nexus(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return nexusWith({}, ...args);
}

async function nexusWith(more: Readonly<Record<string, string>>, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: folder, NEXUS_HOME: home, TMPDIR: folder, ...more };
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
  expect((await nexus("status")).code).toBe(7);
  expect(existsSync(marker)).toBe(false);
  expect(existsSync(join(folder, "stolen"))).toBe(false);
}, 30_000);

/** A call of every command that comes to its end by itself. Kept complete by the test below. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  tui: ["--once"],
  "hooks register": [script],
  "hooks list": [],
  "hooks info": ["no-duplicates"],
  "hooks update": ["no-duplicates", script],
  "hooks enable": ["no-duplicates"],
  "hooks disable": ["no-duplicates", "--dry-run"],
  "hooks delete": ["no-duplicates", "--dry-run"],
  "hooks restore": ["no-duplicates"],
  "hooks approve": ["no-duplicates", "--dry-run"],
  "hooks versions": ["no-duplicates"],
  "hooks rollback": ["no-duplicates", "--dry-run"],
  "hooks invocations": ["no-duplicates"],
  "hooks logs": ["no-duplicates"],
  "hooks stats": [],
  "hooks validate": [script],
  "hooks test": [script, "--event", "nothing:1"],
  "sources list": [],
  "sources hold": ["email"],
  "sources release": ["email", "--discard"],
  "dispatches list": [],
  "dispatches show": ["dsp_none"],
  "dispatches deliveries": [],
  "dispatches retry": ["dsp_none"],
  "dispatches cancel": ["dsp_none"],
  "sessions list": [],
  "sessions show": ["none"],
  "sessions fork": ["none"],
  "agents list": [],
  "agents send": ["hello", "--to", "nobody"],
  "inbox next": ["--agent", "nobody"],
  "inbox ack": ["trn_none"],
  "inbox reply": ["trn_none", "hello"],
  "refs set": ["a/b", "--content", "text"],
  "refs get": ["a/b"],
  "refs list": [],
  "refs history": ["a/b"],
  "refs delete": ["a/b"],
  "refs hooks create": ["a/b", "audit_log", "--config", "destination=log"],
  "refs hooks list": [],
  "refs hooks show": ["rhk_none"],
  "refs hooks enable": ["rhk_none"],
  "refs hooks disable": ["rhk_none"],
  "refs hooks delete": ["rhk_none"],
  "refs hooks stats": [],
  "refs actions register": ["act", script],
  "refs actions list": [],
  "refs actions show": ["act"],
  "refs actions remove": ["act", "--dry-run"],
  "refs outbox list": [],
  "refs outbox show": ["obx_none"],
  "refs outbox retry": ["obx_none"],
  "refs outbox cancel": ["obx_none"],
  "runs processors register": ["proc", script],
  "runs processors list": [],
  "runs processors show": ["proc"],
  "runs processors remove": ["proc", "--dry-run"],
  "runs start": ["proc", "--dry-run"],
  "runs list": [],
  "runs show": ["run_none"],
  "runs retry": ["run_none"],
  "runs cancel": ["run_none"],
  "passages add": ["text"],
  "passages get": ["psg_none"],
  "passages list": [],
  "branches create": ["a/HEAD", "--main"],
  "branches list": [],
  "branches show": ["a/HEAD"],
  "branches fork": ["a/HEAD", "a/x"],
  "branches promote": ["a/x", "a/HEAD"],
  "branches delete": ["a/x"],
  "scopes create": ["s", "--types", "text"],
  "scopes list": [],
  "scopes show": ["s"],
  "scopes refresh": ["s"],
  "scopes delete": ["s"],
  "audit list": [],
  "audit verify": [],
  "identity add": ["Casey"],
  "identity list": [],
  "identity link": ["casey", "test:casey"],
  "identity remove": ["casey", "--dry-run"],
  "identity check": ["--channel", "test", "--sender", "casey"],
  "events emit": ["--content", "hello"],
  "events import": ["-"],
  "events list": [],
  "events show": ["nothing:1"],
  "events replay": ["nothing:1"],
  "events tail": ["--since", "1h", "--count", "1"],
  serve: ["--once"],
  status: [],
  why: ["nothing:1"],
  init: ["--types", "types"],
  demo: [],
  backup: ["--force", "made.db"],
  restore: ["made.db"],
  doctor: ["--repair"],
  explain: [],
};

test("every command there is: none runs or reads anything of the folder it is called in, also with NODE_OPTIONS set", async () => {
  expect(COMMANDS.map(({ path }) => path).filter((path) => !Object.hasOwn(CALLS, path))).toEqual([]);
  const env = { NODE_OPTIONS: `--require=${join(folder, "cwd", "evil.ts")}`, NEXUS_AGENT_ID: "" };
  for (const [path, args] of Object.entries(CALLS)) {
    const { code, err } = await nexusWith(env, ...path.split(" "), ...args);
    expect({ path, bug: code === 70 || code > 128, err: code === 70 ? err : "" }).toEqual({ path, bug: false, err: "" });
    expect({ path, executed: existsSync(marker), stolen: existsSync(join(folder, "stolen")) }).toEqual({ path, executed: false, stolen: false });
  }
}, 120_000);

test("what nexus cannot refuse, since Bun obeys it first, reaches no hook and is named by doctor", async () => {
  await nexus("hooks", "register", script);
  const preload = join(folder, "preload.cjs");
  // Every process that obeys it leaves its first argument: the program itself does, the evaluator must not.
  writeFileSync(preload, `require("node:fs").appendFileSync(${JSON.stringify(join(folder, "preloaded"))}, (process.argv[2] ?? "") + "\\n");`);
  const env = { BUN_OPTIONS: `--preload=${preload}` };
  await nexus("events", "emit", "--content", "again");
  expect((await nexusWith(env, "serve", "--once")).code).toBe(0);
  expect((await nexusWith(env, "hooks", "validate", script)).code).toBe(0);
  expect(readFileSync(join(folder, "preloaded"), "utf8")).toBe("serve\nhooks\n");
  const doctor = JSON.parse((await nexusWith(env, "doctor", "--json")).out) as { checks: { name: string; status: string; detail: string }[] };
  expect(doctor.checks.find(({ name }) => name === "environment")).toMatchObject({ status: "warning", detail: expect.stringContaining("BUN_OPTIONS") });
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
