import { expect, test } from "bun:test";
import { EMPTY_OVERLAY, type RefOverlay } from "../../../src/engine/core/ref.ts";
import { unconfiguredServices } from "../../../src/engine/clients/services.ts";
import type { Services } from "../../../src/engine/clients/services.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { findHandler, registerHandler, removeHandler } from "../../../src/engine/refs/handler-change.ts";
import { scriptOfHandler } from "../../../src/engine/refs/handler-script.ts";
import { Handlers, type HandlerOutcome } from "../../../src/engine/refs/handlers.ts";
import { insertRun } from "../../../src/engine/store/runs.ts";
import { storedMessage } from "../../helpers/rows.ts";
import { failureOf, RefDesk, script } from "./ref-desk.ts";

interface Bench extends AsyncDisposable {
  readonly desk: RefDesk;
  run(handler: string, parts?: { readonly timeout_ms?: number; readonly overlay?: RefOverlay; readonly given?: object }): Promise<HandlerOutcome>;
}

function bench(settings: object = {}, services: Services = unconfiguredServices): Bench {
  const desk = new RefDesk();
  const config = configSchema.parse({ isolation: "process", ...settings });
  const handlers = new Handlers({ config, store: desk.store, services, isolation: () => ({ mechanism: "none", tried: [] }) });
  let n = 0;
  return {
    desk,
    run: (handler, { timeout_ms = 5_000, overlay = EMPTY_OVERLAY, given = {} } = {}) => {
      const name = `h${(n += 1)}`;
      desk.action(name, handler, { timeout_ms });
      return handlers.run({ script: scriptOfHandler(findHandler(desk.store, "action", name)), event: storedMessage(1), given: { ...given }, overlay });
    },
    [Symbol.asyncDispose]: async () => {
      await handlers[Symbol.asyncDispose]();
      await desk[Symbol.asyncDispose]();
    },
  };
}

test("a script gets what it is given over the context of a hook, and its answer comes back with its logs", async () => {
  await using b = bench();
  const answer = await b.run("async (ctx) => { ctx.log.info('hi', ctx.a); console.log('there'); return { emit: [{ type: 'x', content: ctx.event.id }], result: [ctx.a, typeof ctx.llm, ctx.hook] } }", { given: { a: 1, hook: "mine" } });
  expect(answer).toMatchObject({ outcome: "done", emit: [{ type: "x", content: "test:1" }], result: [1, "function", "mine"] });
  expect(answer.logs.map(({ text }) => text)).toEqual(["hi 1", "there"]);
});

test("nothing returned is an empty answer; a field that it does not know is a warning", async () => {
  await using b = bench();
  expect(await b.run("() => undefined")).toMatchObject({ outcome: "done", emit: [], logs: [] });
  expect(await b.run("() => ({ fire: false })")).toMatchObject({ outcome: "done", emit: [] });
  expect((await b.run("() => ({ emits: [] })")).logs).toMatchObject([{ level: "warn", text: "the field `emits` of the returned value was ignored" }]);
});

// switch: mutant handlers-without-a-deadline
test("one that hangs, ends its process or cannot be loaded ends as what it is, within its deadline; the next one runs", async () => {
  await using b = bench({ refs: { timeout_ms: 400 } });
  const cases = [
    ["() => { for (;;); }", { outcome: "timeout", error: expect.stringContaining("after 400 ms") as string }],
    ["() => new Promise(() => {})", { outcome: "timeout" }],
    ["() => process.exit(3)", { outcome: "failed", error: "hook exited (code 3)" }],
    ["() => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}) }", { outcome: "crashed" }],
    ["(() => { throw new Error('at load') })()", { outcome: "failed", error: expect.stringContaining("at load") as string }],
    ["async () => { await 1; throw null }", { outcome: "failed" }],
  ] as const;
  for (const [handler, expected] of cases) expect([handler, await b.run(handler, { timeout_ms: 30_000 })]).toMatchObject([handler, expected]);
  expect(await b.run("() => ({ result: 'alive' })")).toMatchObject({ outcome: "done", result: "alive" });
});

test("jobs side by side, and one whose neighbour takes the evaluator with it: each has its answer", async () => {
  await using b = bench();
  const answers = await Promise.all([b.run("async () => { await new Promise((r) => setTimeout(r, 50)); return { result: 1 } }"), b.run("() => { process.kill(process.pid, 'SIGKILL'); return new Promise(() => {}) }"), b.run("() => ({ result: 3 })")]);
  expect(answers.map(({ outcome }) => outcome)).toEqual(["done", "crashed", "done"]);
});

test("the end of nexus ends what runs, and says so", async () => {
  const b = bench();
  const running = b.run("() => new Promise(() => {})");
  await b[Symbol.asyncDispose]();
  expect(await running).toMatchObject({ outcome: "crashed", error: "nexus ended" });
});

test("the model is asked through the same services as by hooks", async () => {
  await using b = bench({}, { ...unconfiguredServices, llm: (prompt) => Promise.resolve([`re: ${prompt}`, 1, 2]) });
  expect(await b.run("async (ctx) => ({ result: await ctx.llm('hello') })")).toMatchObject({ outcome: "done", result: "re: hello" });
});

// switch: mutant overlay-unseen
test("ctx.refs: refs, history and passages of the database, under what the running update has done", async () => {
  await using b = bench();
  await b.desk.set("a/1", "one", { metadata: { x: 1 } });
  await b.desk.set("a/1", "two");
  await b.desk.set("a/2", "gone");
  const overlay = { refs: { "a/2": null, "a/3": { passage_id: "psg_new", metadata: {} } }, passages: { psg_new: b.desk.passage("new") } };
  const read = `({ refs }) => ({ result: {
    one: [refs.get("a/1").metadata, refs.passage(refs.get("a/1").passage_id).content, refs.get("a/1").update_id === refs.history("a/1")[0].id],
    history: refs.history("a/1").map(({ passage_id }) => refs.passage(passage_id).content), last: refs.history("a/1", 1).length,
    list: refs.list("a/").map(({ name }) => name), first: refs.list("a/", 1).map(({ name }) => name), none: [refs.get("none"), refs.passage("none")].filter((x) => x !== undefined).length,
    two: refs.get("a/2")?.name ?? "deleted", three: refs.get("a/3") && refs.passage(refs.get("a/3").passage_id).content } })`;
  expect((await b.run(read)).result).toMatchObject({ one: [{ x: 1 }, "two", true], history: ["two", "one"], last: 1, list: ["a/1", "a/2"], first: ["a/1"], none: 0, two: "a/2" });
  expect((await b.run(read, { overlay: overlay as unknown as RefOverlay })).result).toMatchObject({ list: ["a/1", "a/3"], two: "deleted", three: "new" });
});

test("registering: unchanged is no change, another script needs --upsert, built-in names are taken, a hook's metadata is refused", async () => {
  await using desk = new RefDesk();
  const register = (name: string, handler: string, upsert = false, kind: "action" | "processor" = "action", parts = {}) => {
    const prepared = script(name, handler, {});
    return registerHandler(desk.store, kind, name, { ...prepared, metadata: { ...prepared.metadata, ...parts } }, { upsert, now: 1, dryRun: false });
  };
  expect(register("one", "() => 1")).toMatchObject({ changed: true, handler: { version: 1 } });
  expect(register("one", "() => 1")).toMatchObject({ changed: false });
  expect(await failureOf(Promise.try(() => register("one", "() => 2")))).toMatchObject({ code: "HANDLER_EXISTS" });
  expect(register("one", "() => 2", true)).toMatchObject({ changed: true, handler: { version: 2 }, before: { version: 1 } });
  for (const [name, kind] of [["webhook", "action"], ["refs", "processor"]] as const) expect(await failureOf(Promise.try(() => register(name, "() => 1", true, kind)))).toMatchObject({ code: "HANDLER_EXISTS" });
  expect(await failureOf(Promise.try(() => register("Bad Name", "() => 1")))).toMatchObject({ code: "USAGE" });
  for (const parts of [{ triggers: { event: { types: ["x"] } } }, { schedule: { every: "1h" } }, { stage: "onError" }]) expect(await failureOf(Promise.try(() => register("two", "() => 1", false, "action", parts)))).toMatchObject({ code: "METADATA_INVALID" });
});

test("an action or a processor that something needs is not removed", async () => {
  await using desk = new RefDesk();
  desk.action("act", "() => 1");
  desk.processor("proc", "() => 1");
  desk.processor("busy", "() => 1");
  const hook = desk.hook("a", "act");
  desk.hook("a", "trigger_run", { processor_type: "proc" });
  desk.store.write(() => insertRun(desk.store, { id: "run_1", processor_type: "busy", input: {}, created_at: 1 }));
  for (const [kind, name] of [["action", "act"], ["processor", "proc"], ["processor", "busy"]] as const) expect(await failureOf(Promise.try(() => removeHandler(desk.store, kind, name, false)))).toMatchObject({ code: "HANDLER_IN_USE" });
  desk.store.db.query("UPDATE passage_ref_hooks SET enabled = FALSE WHERE id = ?").run(hook.id);
  expect(removeHandler(desk.store, "action", "act", false)).toMatchObject({ name: "act" });
  expect(await failureOf(Promise.try(() => findHandler(desk.store, "action", "act")))).toMatchObject({ code: "ACTION_NOT_FOUND" });
});
