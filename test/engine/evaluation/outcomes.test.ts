import { expect, test } from "bun:test";
import type { Outcome } from "../../../src/engine/core/invocation.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

test("every event is evaluated once, in order, and recorded with its result", async () => {
  await using t = await TestEngine.start();
  t.register("echo", `(ctx) => ({ fire: Number(ctx.event.content) % 50 === 7, context: { prompt: "saw " + ctx.event.content } })`);
  await t.burst(200);
  await t.drain();
  const seen = t.invocations("echo");
  expect(seen.map(({ event_id }) => event_id)).toEqual(Array.from({ length: 200 }, (_, n) => `test:${n}`));
  expect(seen.filter(({ fired }) => fired).map(({ event_id }) => event_id)).toEqual(["test:7", "test:57", "test:107", "test:157"]);
  expect(t.dispatches().map(({ event_id, prompt, status }) => ({ event_id, prompt, status }))).toEqual(
    [7, 57, 107, 157].map((n) => ({ event_id: `test:${n}`, prompt: `saw ${n}`, status: "pending" as const })),
  );
  expect(t.hook("echo").trigger_count).toBe(4);
});

test("a second event with the same id is stored once and evaluated once", async () => {
  await using t = await TestEngine.start();
  t.register("echo", `() => undefined`);
  const first = await t.engine.emitInput({ id: "test:same", content: "a" });
  const second = await t.engine.emitInput({ id: "test:same", content: "b" });
  await t.drain();
  expect([first[0]?.duplicate, second[0]?.duplicate]).toEqual([false, true]);
  expect(t.invocations("echo")).toHaveLength(1);
});

test("a hook sees no event from before it was registered", async () => {
  await using t = await TestEngine.start();
  await t.messages(3);
  t.register("late", `() => undefined`);
  const [id] = await t.messages(1);
  await t.drain();
  expect(t.invocations("late").map(({ event_id }) => event_id)).toEqual([id ?? ""]);
});

test.each<[name: string, handler: string, outcome: Outcome, message: string]>([
  ["throws", `() => { throw new TypeError("boom") }`, "error", "TypeError: boom"],
  ["rejects", `async () => { await 1; throw new Error("later") }`, "error", "later"],
  ["throws-null", `() => { throw null }`, "error", "threw null"],
  ["throws-text", `() => { throw "plain" }`, "error", "plain"],
  ["exits", `() => process.exit(0)`, "error", "hook exited (code 0)"],
  ["returns-number", `() => 7`, "error", "RESULT_INVALID"],
  ["returns-function", `() => () => 1`, "error", "RESULT_INVALID"],
  ["returns-bigint", `() => ({ fire: true, context: { data: { n: 1n } } })`, "error", "RESULT_INVALID"],
  ["fire-is-text", `() => ({ fire: "yes" })`, "error", "RESULT_INVALID"],
  ["returns-null", `() => null`, "error", "RESULT_INVALID"],
  ["emits-no-event", `() => ({ fire: true, emit: [{ id: "nocolon" }] })`, "error", "RESULT_INVALID: emit.0: `id`"],
  ["too-large", `() => ({ fire: true, context: { prompt: "x".repeat(300000) } })`, "error", "RESULT_INVALID"],
  ["loops", `() => { for (;;); }`, "timeout", "timed out"],
  ["never-settles", `() => new Promise(() => {})`, "timeout", "timed out"],
  ["loses-a-rejection", `async () => { void Promise.reject(new Error("lost")); await new Promise((r) => setTimeout(r, 4000)); }`, "error", "lost"],
])("a hook that %s ends as %s of its own and leaves its neighbour alone", async (name, handler, outcome, message) => {
  await using t = await TestEngine.start();
  t.register(name, handler, { limits: { timeout_ms: 400 } });
  t.register("neighbour", `(ctx) => ({ fire: false })`);
  await t.burst(3);
  await t.drain();
  expect(t.invocations(name).map((row) => row.outcome)).toEqual([outcome, outcome, outcome]);
  expect(t.invocations(name)[0]?.error).toContain(message);
  expect(t.outcomes("neighbour")).toEqual(["no_fire", "no_fire", "no_fire"]);
});

test("an unknown field of a result is a warning, and the rest of it counts", async () => {
  await using t = await TestEngine.start();
  t.register("typo", `() => ({ fire: true, promt: "x" })`);
  await t.messages(1);
  await t.drain();
  expect(t.invocations("typo")[0]).toMatchObject({ outcome: "fired", reason: "unknown field `promt` in the HookResult was ignored" });
});

test("what a hook prints is kept with its invocation, head and tail of a flood", async () => {
  await using t = await TestEngine.start();
  t.register("chatty", `(ctx) => { console.log("hello", { a: 1 }); process.stdout.write("raw\\n"); ctx.log.warn("careful"); }`);
  t.register("flood", `() => { for (let n = 0; n < 20000; n++) console.log("line " + n); }`);
  await t.messages(1);
  await t.drain();
  const logs = (name: string): { lines: { level: string; text: string }[]; dropped: number } => {
    const row = t.store.db.query<{ lines_json: string; dropped_bytes: number }, [string]>("SELECT * FROM invocation_logs WHERE invocation_id = ?").get(t.invocations(name)[0]?.id ?? "");
    return { lines: JSON.parse(row?.lines_json ?? "[]") as { level: string; text: string }[], dropped: row?.dropped_bytes ?? 0 };
  };
  expect(logs("chatty").lines.map(({ level, text }) => `${level}: ${text.replaceAll(/\s+/g, " ")}`)).toEqual(["info: hello { a: 1, }", "info: raw", "warn: careful"]);
  const flood = logs("flood");
  expect(flood.lines[0]?.text).toBe("line 0");
  expect(flood.lines.at(-1)?.text).toBe("line 19999");
  expect(flood.lines.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(65_536);
  expect(flood.dropped).toBeGreaterThan(50_000);
});

test("what bypasses the capture does not reach the protocol or the daemon's stdout", async () => {
  await using t = await TestEngine.start();
  t.register("raw", `() => { require("node:fs").writeSync(1, "past the capture\\n"); return { fire: true }; }`);
  await t.messages(1);
  await t.drain();
  expect(t.outcomes("raw")).toEqual(["fired"]);
  await t.until(() => t.stray.join("").includes("past the capture"));
});

test("state survives a restart, and a failed invocation leaves no trace in it", async () => {
  const t = await TestEngine.start();
  try {
    t.register("counter", `(ctx) => { ctx.state.set("n", (ctx.state.get("n") ?? 0) + 1); if (ctx.event.content === "1") throw new Error("no"); return { fire: true, context: { data: { n: ctx.state.get("n") } } }; }`);
    await t.messages(3);
    await t.drain();
  } finally {
    await t.stop();
  }
  const again = await TestEngine.start({ home: t.home });
  try {
    await again.engine.emitInput({ id: "test:more", content: "more" });
    await again.drain();
    expect(again.dispatches().map(({ context }) => context["data"])).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  } finally {
    await again[Symbol.asyncDispose]();
    (await import("node:fs")).rmSync(t.home, { recursive: true, force: true });
  }
});

test("ctx.llm and ctx.search say by their code that nothing is configured", async () => {
  await using t = await TestEngine.start();
  t.register("asks", `async (ctx) => { const codes = []; for (const ask of [() => ctx.llm("x"), () => ctx.search("y"), () => ctx.cortex.search("z")]) { try { await ask(); } catch (error) { codes.push(error.code); } } return { fire: true, context: { data: { codes } } }; }`);
  await t.messages(1);
  await t.drain();
  expect(t.dispatches()[0]?.context["data"]).toEqual({ codes: ["LLM_NOT_CONFIGURED", "SEARCH_NOT_CONFIGURED", "SEARCH_NOT_CONFIGURED"] });
  expect(t.invocations("asks")[0]).toMatchObject({ llm_calls: 1, search_calls: 2 });
});

test("ctx.ledger and ctx.dbPath read the ledger and cannot write it", async () => {
  await using t = await TestEngine.start();
  t.register("reads", `(ctx) => { const { n } = ctx.ledger.query("SELECT count(*) AS n FROM events WHERE id = ?", [ctx.event.id])[0]; let refused = "no"; try { ctx.ledger.query("DELETE FROM events"); } catch (error) { refused = error.message; } return { fire: true, context: { data: { n, refused } } }; }`);
  await t.messages(1);
  await t.drain();
  expect(t.dispatches()[0]?.context["data"]).toEqual({ n: 1, refused: "attempt to write a readonly database" });
});

test("the daemon's environment does not reach a hook", async () => {
  process.env["NEXUS_TEST_SECRET"] = "canary";
  try {
    await using t = await TestEngine.start();
    t.register("peeks", `() => ({ fire: true, context: { data: { seen: Object.keys(process.env).filter((name) => name.includes("SECRET")), title: typeof process.env.PATH } } })`);
    await t.messages(1);
    await t.drain();
    expect(t.dispatches()[0]?.context["data"]).toEqual({ seen: [], title: "string" });
  } finally {
    delete process.env["NEXUS_TEST_SECRET"];
  }
});
