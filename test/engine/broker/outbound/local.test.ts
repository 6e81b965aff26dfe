import { expect, spyOn, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { open, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import type { SendResult } from "../../../../src/engine/broker/outbound/outbound.ts";
import { tempHome } from "../../../helpers/temp-home.ts";
import { outboundMessage } from "./conformance.ts";
import { outboundOf, untilGone, type OutboundOptions } from "./subjects.ts";

const signal = new AbortController().signal;
const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);

async function run(script: string, home: string, env: Record<string, string> = {}, options: OutboundOptions = {}, argv: readonly string[] = []): Promise<SendResult> {
  return await outboundOf({ type: "command", command: ["sh", "-c", script, ...argv], env }, { home, ...options }).send(outboundMessage({ text: "$(touch x) 'quoted'\n--flag" }), signal);
}

async function append(path: string, home: string, text = "It is done."): Promise<SendResult> {
  return await outboundOf({ type: "file", path }, { home }).send(outboundMessage({ text }), signal);
}

test("a command is given the message as one line of JSON, nothing of it as arguments, and runs in the home", async () => {
  using home = tempHome();
  expect(await run('pwd -P > where; wc -l > lines < /dev/stdin; echo "$#" > arguments', home.path)).toEqual({ sent: true });
  expect(readFileSync(join(home.path, "lines"), "utf8").trim()).toBe("1");
  expect(readFileSync(join(home.path, "arguments"), "utf8").trim()).toBe("0");
  expect(existsSync(join(home.path, "x"))).toBeFalse();
});

test("of the environment a command has only what is harmless and what its settings give it", async () => {
  using home = tempHome();
  await run("env > seen", home.path, { OWN: "own" }, { env: { API_TOKEN: "secret-of-the-daemon", LD_PRELOAD: "x.so", BUN_OPTIONS: "--preload", LANG: "C" } });
  const names = readFileSync(join(home.path, "seen"), "utf8").split("\n").flatMap((line) => (line === "" ? [] : [line.split("=")[0] ?? ""]));
  expect(names.filter((name) => !["PATH", "LANG", "OWN", "PWD", "OLDPWD", "SHLVL", "_"].includes(name))).toEqual([]);
  expect(names).toContain("OWN");
});

test("exit codes: 0 is sent, 75 and signals may succeed later, the others are refusals", async () => {
  using home = tempHome();
  expect(await run("exit 0", home.path)).toEqual({ sent: true });
  expect(await run("exit 75", home.path)).toMatchObject({ code: "OUTBOUND_UNREACHABLE", retryable: true, message: expect.stringContaining("exit code 75") });
  expect(await run("kill -TERM $$", home.path)).toMatchObject({ code: "OUTBOUND_UNREACHABLE", retryable: true, message: expect.stringContaining("SIGTERM") });
  for (const code of [1, 2, 64, 126, 127]) expect(await run(`exit ${code}`, home.path)).toMatchObject({ code: "OUTBOUND_REFUSED", retryable: false, message: expect.stringContaining(`exit code ${code}`) });
});

test("a program that does not read its input is no failure", async () => {
  using home = tempHome();
  const outbound = outboundOf({ type: "command", command: ["sh", "-c", "exec 0<&-; echo id-7"] }, { home: home.path });
  expect(await outbound.send(outboundMessage({ text: "x".repeat(2_000_000) }), signal)).toEqual({ sent: true, receipt: "id-7" });
});

test("of stderr the end is told", async () => {
  using home = tempHome();
  const result = await run('head -c 5000 /dev/zero | tr "\\0" a >&2; echo the reason >&2; exit 1', home.path);
  expect(result).toMatchObject({ message: expect.stringMatching(/exit code 1: a{500,1000} ?the reason$/) });
});

test("what a command leaves running is ended with it, and its open pipes hold nothing up", async () => {
  using home = tempHome();
  // The left one has the pipe of stdout.
  expect(await run("sleep 1000 & echo $! > child; echo done", home.path)).toEqual({ sent: true, receipt: "done" });
  await untilGone(Number(readFileSync(join(home.path, "child"), "utf8")));
});

test.skipIf(Bun.which("setsid") === null)("a process that has left the group and holds the pipes open is not waited for", async () => {
  using home = tempHome();
  const result = await run("mkfifo ready; setsid sh -c 'echo $$ > ready; exec sleep 1000' & read pid < ready; echo $pid > child; echo done", home.path);
  process.kill(Number(readFileSync(join(home.path, "child"), "utf8")), "SIGKILL");
  expect(result).toEqual({ sent: true, receipt: "done" });
});

test("a program that cannot be started is a matter of the settings", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "plain"), "text");
  for (const program of ["no-such-program-here", join(home.path, "plain"), home.path]) {
    expect(await outboundOf({ type: "command", command: [program] }, { home: home.path }).send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_MISCONFIGURED", retryable: false, message: expect.stringContaining("outbound.test.command") });
  }
});

test("a file and its folders are made for their owner alone, and lines are appended", async () => {
  using home = tempHome();
  for (const text of ["one", "two\nlines", "three"]) expect(await append("a/b/answers.ndjson", home.path, text)).toEqual({ sent: true });
  const lines = readFileSync(join(home.path, "a/b/answers.ndjson"), "utf8").split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(["one", "two\nlines", "three"]);
  expect([mode(join(home.path, "a")), mode(join(home.path, "a/b")), mode(join(home.path, "a/b/answers.ndjson"))]).toEqual(["700", "700", "600"]);
});

test("lines of many sends at once do not mix", async () => {
  using home = tempHome();
  const outbound = outboundOf({ type: "file", path: "answers.ndjson" }, { home: home.path });
  await Promise.all(Array.from({ length: 50 }, (_, n) => outbound.send(outboundMessage({ text: `${n}:${"x".repeat(20_000)}` }), signal)));
  const lines = readFileSync(join(home.path, "answers.ndjson"), "utf8").trim().split("\n");
  expect(new Set(lines.map((line) => (JSON.parse(line) as { text: string }).text.split(":")[0])).size).toBe(50);
});

test("what nobody waits for any more is not written later", async () => {
  using home = tempHome();
  const outbound = outboundOf({ type: "file", path: "answers.ndjson" }, { home: home.path });
  const controller = new AbortController();
  const first = outbound.send(outboundMessage({ text: "first" }), signal);
  const aborted = outbound.send(outboundMessage({ text: "aborted" }), controller.signal);
  controller.abort();
  expect([await first, await aborted]).toMatchObject([{ sent: true }, { sent: false, code: "OUTBOUND_ABORTED" }]);
  await outbound.send(outboundMessage({ text: "last" }), signal);
  expect(readFileSync(join(home.path, "answers.ndjson"), "utf8").match(/"text":"\w+"/g)).toEqual(['"text":"first"', '"text":"last"']);
});

test("a line is synced, and so is the folder of a new file, before it counts as sent", async () => {
  using home = tempHome();
  await using handle = await open(join(home.path, "any"), "w");
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  using write = spyOn(prototype, "write");
  using sync = spyOn(prototype, "sync");
  await append("answers.ndjson", home.path);
  expect([write.mock.calls.length, sync.mock.calls.length]).toEqual([1, 2]);
  await append("answers.ndjson", home.path);
  expect([write.mock.calls.length, sync.mock.calls.length]).toEqual([2, 3]);
  expect(write.mock.invocationCallOrder[1]).toBeLessThan(sync.mock.invocationCallOrder[2] ?? 0);
});

test("a line that was cut is ended before the next", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "answers.ndjson"), '{"text":"cut he');
  expect(await append("answers.ndjson", home.path)).toEqual({ sent: true });
  const [cut, whole] = readFileSync(join(home.path, "answers.ndjson"), "utf8").split("\n");
  expect([cut, (JSON.parse(whole ?? "") as { text: string }).text]).toEqual(['{"text":"cut he', "It is done."]);
});

test("a relative path stays in the home, by its name and by its links; an absolute one is taken at its word", async () => {
  using home = tempHome();
  using other = tempHome();
  symlinkSync(other.path, join(home.path, "elsewhere"));
  symlinkSync(join(other.path, "target"), join(home.path, "link"));
  for (const path of ["../outside", "a/../../outside", "elsewhere/answers", "link", ".", "sub/.."]) expect(await append(path, home.path)).toMatchObject({ sent: false, code: "OUTBOUND_MISCONFIGURED", retryable: false });
  expect(existsSync(join(other.path, "answers")) || existsSync(join(other.path, "target"))).toBeFalse();
  expect(await append(join(other.path, "answers"), home.path)).toEqual({ sent: true });
});

test("nothing is written to what nexus owns, however it is named", async () => {
  using home = tempHome();
  mkdirSync(join(home.path, "state"));
  symlinkSync(join(home.path, "state"), join(home.path, "other-name"));
  writeFileSync(join(home.path, "state/nexus.db"), "database");
  for (const path of ["state/nexus.db", "state/new", "other-name/nexus.db", "config.toml", join(home.path, "state/nexus.db"), "x/../state/y/z"]) expect(await append(path, home.path)).toMatchObject({ code: "OUTBOUND_MISCONFIGURED", message: expect.stringContaining("is a file of nexus") });
  expect(readFileSync(join(home.path, "state/nexus.db"), "utf8")).toBe("database");
  expect(existsSync(join(home.path, "state/new")) || existsSync(join(home.path, "state/y"))).toBeFalse();
});

test("a folder or a FIFO is no file, and holds nothing up", async () => {
  using home = tempHome();
  mkdirSync(join(home.path, "folder"));
  await Bun.spawn(["mkfifo", join(home.path, "fifo")]).exited;
  for (const path of ["folder", "fifo"]) expect(await append(path, home.path)).toMatchObject({ code: "OUTBOUND_MISCONFIGURED", retryable: false });
});

test("a secret in a file is read at each use, and is a line", async () => {
  using home = tempHome();
  const path = join(home.path, "token");
  const send = async (): Promise<SendResult> => await outboundOf({ type: "webhook", url: "https://127.0.0.1:1/", secret: { file: "token" } }, { home: home.path }).send(outboundMessage(), signal);
  writeFileSync(path, "two lines\nof-text");
  expect(await send()).toMatchObject({ code: "OUTBOUND_MISCONFIGURED", message: expect.stringContaining("one line of printable ASCII") });
  writeFileSync(path, " \n");
  expect(await send()).toMatchObject({ message: expect.stringContaining("token is empty") });
  writeFileSync(path, "x".repeat(70_000));
  expect(await send()).toMatchObject({ message: expect.stringContaining("larger than 65536 bytes") });
  writeFileSync(path, "the-token\n");
  chmodSync(path, 0o600);
  // As far as the address, which is forbidden.
  expect(await send()).toMatchObject({ code: "OUTBOUND_FORBIDDEN" });
});
