import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareScript } from "../../src/engine/registry/authoring/prepare-script.ts";
import { prepareOptions } from "../engine/registry/authoring/script-folder.ts";

const FOLDER = fileURLToPath(new URL("../../hook-examples/refs", import.meta.url));
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

/** Runs one, with nothing of this process's environment but PATH; its output, and its errors behind it. */
async function run(name: string, env: Readonly<Record<string, string>> = {}): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const child = Bun.spawn(["bash", join(FOLDER, name)], { cwd: tmpdir(), env: { PATH: process.env["PATH"] ?? "", HOME: tmpdir(), TMPDIR: tmpdir(), NEXUS: `${process.execPath} ${MAIN}`, ...env }, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, out, err };
}

test("scope refresh: the scope follows both refs", async () => {
  const { code, out } = await run("scope-refresh.sh");
  expect(code).toBe(0);
  expect(out).toContain("recent-context  version 4");
  expect(out).toContain("Casey called twice today.");
  expect(out).toContain("Casey lives in Lyon and is moving.");
  expect(out.split("Passage  ").at(-1)).not.toContain("Casey lives in Lyon.");
}, 60_000);

test("external notifications: one POST for the update that was committed, none for the one that was undone", async () => {
  const heard: unknown[] = [];
  using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: async (request) => (heard.push(await request.json()), new Response("ok")) });
  const { code, out } = await run("notify.sh", { HOOK_URL: `http://127.0.0.1:${server.port}/human` });
  expect(code).toBe(0);
  expect(out).toContain("the second update was undone");
  expect(heard).toMatchObject([{ text: "Human model updated for agent casey-7", passage: { content: "Casey lives in Lyon." } }]);
}, 60_000);

test("external notifications, without an address: what would be sent is shown, and waits", async () => {
  const { code, out, err } = await run("notify.sh");
  expect([code, err]).toEqual([0, expect.stringContaining("1 webhook waits for the daemon")]);
  expect(out).toContain('"text":"Human model updated for agent casey-7"');
}, 60_000);

test("cascading processing: each move of the daily ref makes the next world model", async () => {
  const { code, out } = await run("world-model.sh");
  expect(code).toBe(0);
  expect(out.trimEnd().endsWith("agent/daily/HEAD: Casey called twice.\nagent/daily/HEAD: Casey sold the house.")).toBe(true);
}, 60_000);

test("audit logging: who moved it from where to where, in a chain", async () => {
  const { code, out } = await run("audit.sh");
  expect(code).toBe(0);
  expect(out).toMatch(/2 .*audit_passages .* casey .*\n1 .*audit_passages .* atlas/);
  expect(out).toContain("2 rows, each follows from the one before it");
}, 60_000);

test("a custom action stops the update, and says why", async () => {
  const { code, out, err } = await run("custom-action.sh");
  expect(code).toBe(0);
  expect(err).toContain("7 words; agent/human/HEAD takes 5 at most; the update was undone [REF_HOOK_FAILED]");
  expect(out).toContain("\nCasey lives in Lyon.\n");
}, 60_000);

test("their scripts type-check, and the README names everything beside it", async () => {
  const readme = readFileSync(join(FOLDER, "README.md"), "utf8");
  for (const name of readdirSync(FOLDER).filter((one) => one !== "README.md")) {
    expect(readme).toContain(`\`${name}\``);
    if (name.endsWith(".ts")) expect((await prepareScript(join(FOLDER, name), prepareOptions({ validateSchedule: () => undefined }))).findings).toEqual([]);
  }
});
