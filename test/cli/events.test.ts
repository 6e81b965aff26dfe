import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Answer } from "../helpers/nexus-command.ts";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface EventJson {
  readonly id: string;
  readonly [field: string]: unknown;
}

async function stored(home: string): Promise<EventJson[]> {
  return (await nexus(home, ["events", "list", "--json", "--last", "1000"])).json<EventJson[]>().toReversed();
}

async function emit(home: string, ...args: string[]): Promise<Answer> {
  return await nexus(home, ["events", "emit", ...args]);
}

test("an event given with options is stored, and its id is printed", async () => {
  using home = tempHome();
  const made = await emit(home.path, "--id", "imessage:1", "--content", "home safe", "--sender", "casey", "--thread", "t1", "--metadata", '{"a":{"b":1}}');
  expect(made).toMatchObject({ code: 0, out: "✓ Event stored: imessage:1\n", err: "" });
  expect(await emit(home.path, "--type", "ping", "--metadata", "count=3", "--quiet")).toMatchObject({ code: 0, out: expect.stringMatching(/^cli:[0-9A-Z]{26}\n$/) });
  expect(await stored(home.path)).toMatchObject([
    { id: "imessage:1", seq: 1, type: "message", channel: "imessage", content: "home safe", sender_id: "casey", thread_id: "t1", metadata: { a: { b: 1 } }, direction: "received" },
    { type: "ping", channel: "cli", metadata: { count: 3 } },
  ]);
});

test("a second event of the same id is told, exits 0, and changes nothing", async () => {
  using home = tempHome();
  await emit(home.path, "--id", "imessage:1", "--content", "first");
  expect(await emit(home.path, "--id", "imessage:1", "--content", "second")).toMatchObject({ code: 0, out: "· Event was there already, nothing was stored: imessage:1\n" });
  expect((await emit(home.path, "--id", "imessage:1", "--content", "third", "--json")).json()).toMatchObject({ duplicate: true, content: "first" });
  expect(await stored(home.path)).toMatchObject([{ content: "first" }]);
});

test("JSON comes as an argument or on standard input, a CloudEvent as well", async () => {
  using home = tempHome();
  expect((await emit(home.path, '{"id":"a:1","content":"x"}', "--json")).json()).toMatchObject({ id: "a:1", duplicate: false });
  const cloud = JSON.stringify({ specversion: "1.0", id: "7", source: "/ci", type: "build.done", data: { ok: true } });
  expect((await nexus(home.path, ["events", "emit", "-", "--json"], { stdin: cloud })).json()).toMatchObject({ id: "cloudevents:/ci/7", type: "build.done" });
});

test("what an agent emits in a turn names that turn as its cause, in whatever form it comes and whatever it says", async () => {
  using home = tempHome();
  const env = { NEXUS_DISPATCH_ID: "dsp_1" };
  await nexus(home.path, ["events", "emit", "--content", "x"], { env });
  await nexus(home.path, ["events", "emit", '{"content":"x"}'], { env });
  await nexus(home.path, ["events", "import"], { env, stdin: '{"content":"x"}\n{"content":"y","cause_id":"test:1"}' });
  expect((await stored(home.path)).map(({ cause_id }) => cause_id)).toEqual(["dsp_1", "dsp_1", "dsp_1", "dsp_1"]);
});

test.each<[string, string | Uint8Array, string, string]>([
  ["not JSON", '{"content": }', "EVENT_NOT_JSON", 'the event is not JSON: unexpected "}" at column 13'],
  ["not UTF-8", new Uint8Array([0x22, 0xff, 0x22]), "EVENT_NOT_UTF8", "the event is not UTF-8"],
  ["too large", `{"content":"${"x".repeat(1_048_576)}"}`, "EVENT_TOO_LARGE", "the event has 1048590 bytes; events.max_bytes is 1048576"],
  ["a wrong type", '{"channel":42}', "EVENT_INVALID", "`channel` is 42; expected string, received number"],
  ["an unknown field", '{"contents":"x"}', "EVENT_INVALID", "unknown field `contents`"],
  ["an id of no adapter", '{"id":"42"}', "EVENT_INVALID", '`id` is "42"; expected the form {adapter}:{source_id}'],
])("%s: exit code 6, one error object, and no event", async (_, stdin, code, message) => {
  using home = tempHome();
  await emit(home.path, "--id", "a:1", "--content", "before");
  const refused = await nexus(home.path, ["events", "emit", "-", "--json"], { stdin });
  expect(refused).toMatchObject({ code: 6, out: "" });
  expect(refused.error()).toMatchObject({ code, message, retryable: false });
  expect((await stored(home.path)).map(({ id }) => id)).toEqual(["a:1"]);
});

test("a bad event does not even make a home", async () => {
  using home = tempHome();
  expect((await emit(join(home.path, "new"), '{"a":1}')).code).toBe(6);
  expect((await nexus(join(home.path, "new"), ["events", "list", "--json"])).error()).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("--dry-run shows the event and stores nothing", async () => {
  using home = tempHome();
  await emit(home.path, "--id", "a:1");
  expect((await emit(home.path, "--id", "a:2", "--dry-run", "--json")).json()).toMatchObject({ id: "a:2", dry_run: true });
  expect(await stored(home.path)).toHaveLength(1);
});

test("no event, or one given twice over, is wrong usage", async () => {
  using home = tempHome();
  expect((await emit(home.path, "--json")).error()).toMatchObject({ code: "USAGE" });
  expect((await emit(home.path, "{}", "--content", "x", "--json")).error()).toMatchObject({ code: "USAGE" });
  expect((await emit(home.path, "--metadata", "novalue", "--json")).error()).toMatchObject({ code: "USAGE" });
});

const LINES = ['{"id":"a:1","content":"one"}', "", "nope", '{"contents":"x"}', '{"id":"a:2","content":"two"}', '{"id":"a:1"}'].join("\n");

test("import stores the good lines, names the bad ones, and exits 6", async () => {
  using home = tempHome();
  const path = join(home.path, "events.ndjson");
  writeFileSync(path, LINES);
  const imported = await nexus(home.path, ["events", "import", path]);
  expect(imported).toMatchObject({ code: 6, out: "! Events: 2 stored, 1 were there already, 2 bad\n" });
  expect(imported.err).toBe('line 3: the event is not JSON: unexpected "n" at column 1 [EVENT_NOT_JSON]\nline 4: unknown field `contents` [EVENT_INVALID]\n');
  expect((await stored(home.path)).map(({ id }) => id)).toEqual(["a:1", "a:2"]);
  const again = await nexus(home.path, ["events", "import", "--json"], { stdin: LINES });
  expect(again.json()).toMatchObject({ stored: 0, duplicates: 3, bad: [{ line: 3, code: "EVENT_NOT_JSON" }, { line: 4, code: "EVENT_INVALID" }] });
});

test("import --strict stores nothing when any line is bad, everything when none is", async () => {
  using home = tempHome();
  const refused = await nexus(home.path, ["events", "import", "--strict", "--json"], { stdin: LINES });
  expect(refused.code).toBe(6);
  expect(refused.error()).toMatchObject({ code: "EVENT_INVALID", message: "2 lines are bad, and --strict was given; nothing was stored", findings: [{ line: 3 }, { line: 4 }] });
  expect(await stored(home.path)).toEqual([]);
  const many = Array.from({ length: 1_203 }, (_, n) => `{"id":"a:${n}"}`).join("\n");
  expect((await nexus(home.path, ["events", "import", "-", "--strict", "--json"], { stdin: many })).json()).toEqual({ stored: 1_203, duplicates: 0, bad: [] });
});

test("import of more than one batch stores all of it, in its order", async () => {
  using home = tempHome();
  const many = Array.from({ length: 1_203 }, (_, n) => `{"id":"a:${n}"}`).join("\n");
  expect(await nexus(home.path, ["events", "import", "--quiet"], { stdin: many })).toMatchObject({ code: 0, out: "1203\n" });
  const last = (await nexus(home.path, ["events", "list", "--json", "--last", "2"])).json<EventJson[]>();
  expect(last.map(({ id, seq }) => [id, seq])).toEqual([["a:1202", 1_203], ["a:1201", 1_202]]);
});

test("import of a file that is not there", async () => {
  using home = tempHome();
  expect((await nexus(home.path, ["events", "import", "/nowhere/x", "--json"])).error()).toMatchObject({ code: "FILE_NOT_FOUND" });
});

test("the list ends with the newest, and shows what would drive a terminal", async () => {
  using home = tempHome();
  await emit(home.path, "--id", "a:1", "--content", "one", "--channel", "email");
  await emit(home.path, "--id", "a:2", "--content", "two\nlines \u001b[31mred");
  const list = await nexus(home.path, ["events", "list"]);
  expect(list.out).toMatch(/^Time +ID +Type +Channel +Sender +Content\n\S+ +a:1 +message +email +- +one\n\S+ +a:2 +message +a +- +two lines \\u001b\[31mred\n$/);
  expect((await nexus(home.path, ["events", "list", "--channel", "email", "--since", "1h", "--json"])).json<EventJson[]>()).toHaveLength(1);
  expect((await nexus(home.path, ["events", "list", "--search", "two", "--quiet"])).out).toBe("a:2\n");
});

test("an event is shown with all it has; one that is not there is not found", async () => {
  using home = tempHome();
  await emit(home.path, "--id", "a:1", "--content", "one", "--metadata", '{"k":"v"}');
  expect((await nexus(home.path, ["events", "show", "a:1", "--json"])).json()).toMatchObject({ id: "a:1", content: "one", metadata: { k: "v" }, invocations: [] });
  const text = await nexus(home.path, ["events", "show", "a:1"]);
  for (const line of ["Event: a:1", "  channel: a", '    "k": "v"', "    one"]) expect(text.out).toContain(`${line}\n`);
  const missing = await nexus(home.path, ["events", "show", "a:9", "--json"]);
  expect(missing.code).toBe(3);
  expect(missing.error()).toMatchObject({ code: "EVENT_NOT_FOUND" });
});

test("tail prints what was there since a time, then what another process stores, and ends after its count", async () => {
  using home = tempHome();
  await emit(home.path, "--id", "a:1");
  const tail = nexusProcess(home.path, ["events", "tail", "--since", "1h", "--count", "3", "--json"]);
  const seen: string[] = [];
  let rest = "";
  for await (const text of tail.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      seen.push((JSON.parse(line) as EventJson).id);
      // Stored only once the one before it was seen: so it came by following.
      if (seen.length < 3) await emit(home.path, "--id", `a:${seen.length + 1}`);
    }
  }
  expect(seen).toEqual(["a:1", "a:2", "a:3"]);
  expect(await tail.exited).toBe(0);
}, 30_000);
