import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = join(import.meta.dir, "..", "..", "dist", "nexus");
const CONTENT = "x".repeat(1_000_000);
let home: string;

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "nexus-pipes-"));
  const lines = join(home, "events.ndjson");
  writeFileSync(lines, [1, 2, 3].map((n) => `${JSON.stringify({ id: `test:${n}`, content: n === 3 ? CONTENT : `event ${n}` })}\n`).join(""));
  expect(await shell('"$NEXUS" events import "$HOME/events.ndjson"')).toMatchObject({ code: 0 });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

async function shell(script: string): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, NEXUS_HOME: home, NEXUS: binary };
  const child = Bun.spawn(["bash", "-c", `set -o pipefail; ${script}`], { cwd: home, env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, out, err };
}

test("a slow reader gets every byte", async () => {
  // One byte a read, long enough for the pipe's 64 KiB to be full.
  const { code, out, err } = await shell('"$NEXUS" events show test:3 --json | { dd bs=1 count=100000 2>/dev/null; cat; }');
  expect([code, err]).toEqual([0, ""]);
  expect(JSON.parse(out)).toMatchObject({ id: "test:3", content: CONTENT });
});

test("a reader that has enough ends a command quietly, also one that would not end by itself", async () => {
  const list = await shell('"$NEXUS" events list --json | head -c 10 >/dev/null');
  expect(list).toEqual({ code: 0, out: "", err: "" });
  const tail = await shell('"$NEXUS" events tail --since 7d --json | head -n 1');
  expect([tail.code, tail.err]).toEqual([0, ""]);
  expect(JSON.parse(tail.out)).toMatchObject({ id: "test:1" });
});

test("an interrupted command ends with 130", async () => {
  const child = Bun.spawn([binary, "events", "tail", "--since", "7d"], { cwd: home, env: { HOME: home, NEXUS_HOME: home }, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  let seen = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    seen += text;
    if (seen.includes("test:2")) child.kill("SIGINT");
  }
  expect([await child.exited, await new Response(child.stderr).text()]).toEqual([130, ""]);
});
