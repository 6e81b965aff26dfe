import { expect, test } from "bun:test";
import { TestEngine } from "../../helpers/test-engine.ts";

/** Short, so that a test waits for no more than it must. */
const LIMITS = { limits: { timeout_ms: 300 } };

test("a native call that terminate() cannot stop costs the evaluator its life, and the innocent are evaluated all the same", async () => {
  await using t = await TestEngine.start();
  t.register("sleeps", `() => { Bun.sleepSync(60000) }`, LIMITS);
  t.register("slow", `async () => { await new Promise((r) => setTimeout(r, 30)); }`);
  t.register("quick", `() => ({ fire: false })`);
  await t.burst(4);
  await t.drain();
  expect(t.outcomes("sleeps")).toEqual(["timeout", "timeout", "timeout", "timeout"]);
  expect(t.outcomes("slow")).toEqual(["no_fire", "no_fire", "no_fire", "no_fire"]);
  expect(t.outcomes("quick")).toEqual(["no_fire", "no_fire", "no_fire", "no_fire"]);
}, 20_000);

test("a hook that kills its process is found out, runs alone, and its breaker counts it", async () => {
  await using t = await TestEngine.start();
  t.register("killer", `() => { process.kill(process.pid, "SIGKILL"); return new Promise(() => {}); }`);
  t.register("innocent", `() => ({ fire: true })`);
  await t.burst(7);
  await t.drain();
  expect(t.outcomes("killer")).toEqual([...Array.from({ length: 5 }, () => "crashed"), "skipped_circuit", "skipped_circuit"]);
  expect(t.outcomes("innocent")).toEqual(Array.from({ length: 7 }, () => "fired"));
  expect(t.dispatches()).toHaveLength(7);
  // The shared evaluator was hit once; from then on the culprit was alone.
  expect(t.notices.filter(({ kind }) => kind === "evaluator_crashed").length).toBeLessThanOrEqual(6);
}, 20_000);

test("a slow hook delays nobody: its neighbour is done while it still works", async () => {
  await using t = await TestEngine.start();
  t.register("slow", `(ctx) => new Promise((resolve) => { ctx.signal.addEventListener("abort", () => resolve(undefined)); })`, LIMITS);
  t.register("quick", `() => ({ fire: false })`);
  await t.burst(3);
  await t.until(() => t.outcomes("quick").length === 3);
  expect(t.outcomes("slow")).toEqual([]);
  await t.drain();
  expect(t.outcomes("slow")).toEqual(["timeout", "timeout", "timeout"]);
});

test("with concurrency 1 events run one after the other; with more they overlap", async () => {
  await using t = await TestEngine.start();
  const body = `async () => { globalThis.now = (globalThis.now ?? 0) + 1; const most = globalThis.now; await new Promise((r) => setTimeout(r, 20)); globalThis.now -= 1; return { fire: true, context: { data: { most } } }; }`;
  t.register("single", body);
  t.register("parallel", body, { limits: { concurrency: 4 } });
  await t.burst(12);
  await t.drain();
  const most = (name: string): number => Math.max(...t.dispatches().filter(({ hook_id }) => hook_id === t.hook(name).id).map(({ context }) => (context["data"] as { most: number }).most));
  expect(most("single")).toBe(1);
  expect(most("parallel")).toBe(4);
});

test("polluted globals stay with the hook that polluted them", async () => {
  await using t = await TestEngine.start();
  t.register("pollutes", `() => { Object.prototype.polluted = true; JSON.parse = () => ({ hacked: true }); Array.prototype.map = () => []; return { fire: false }; }`);
  t.register("clean", `() => ({ fire: true, context: { data: { polluted: {}.polluted ?? "no", parsed: JSON.parse("1") } } })`);
  await t.messages(3);
  await t.drain();
  expect(t.dispatches().map(({ context }) => context["data"])).toEqual(Array.from({ length: 3 }, () => ({ polluted: "no", parsed: 1 })));
});

test("isolation: fresh gives every invocation a new Worker, warm keeps module state", async () => {
  await using t = await TestEngine.start();
  const body = `() => { globalThis.count = (globalThis.count ?? 0) + 1; return { fire: true, context: { data: { n: globalThis.count } } }; }`;
  t.register("warm", body);
  t.register("fresh", body, { isolation: "fresh" });
  await t.burst(4);
  await t.drain();
  const counts = (name: string): number[] => t.dispatches().filter(({ hook_id }) => hook_id === t.hook(name).id).map(({ context }) => (context["data"] as { n: number }).n);
  expect(counts("warm")).toEqual([1, 2, 3, 4]);
  expect(counts("fresh")).toEqual([1, 1, 1, 1]);
});

test("an update swaps atomically: what is under way ends on the old version, what waits runs on the new", async () => {
  await using t = await TestEngine.start();
  t.register("changes", `async (ctx) => { await new Promise((r) => setTimeout(r, 150)); return { fire: true, context: { prompt: "old" } }; }`);
  await t.burst(3);
  await t.until(() => t.engine.status.pairs === 3 && t.engine.status.evaluator_pids.length > 0);
  await t.until(() => t.outcomes("changes").length === 1);
  t.update("changes", `() => ({ fire: true, context: { prompt: "new" } })`);
  await t.messages(1);
  await t.drain();
  const prompts = t.dispatches().map(({ prompt }) => prompt);
  expect(prompts.at(0)).toBe("old");
  expect(prompts.at(-1)).toBe("new");
  expect(prompts.filter((prompt) => prompt === "old").length).toBeLessThanOrEqual(2);
  const versions = t.invocations("changes").map(({ version_id }) => version_id);
  expect(versions.at(-1)).toBe(t.hook("changes").version.id);
});

test("a stored version that was tampered with is never run: the hook is errored", async () => {
  await using t = await TestEngine.start();
  const hook = t.register("tampered", `() => ({ fire: true })`);
  const { chmodSync, writeFileSync } = await import("node:fs");
  chmodSync(hook.version.script_path, 0o600);
  writeFileSync(hook.version.script_path, "export default () => ({ fire: true, context: { prompt: 'evil' } })");
  await t.burst(2);
  await t.drain();
  expect(t.hook("tampered")).toMatchObject({ status: "errored" });
  expect(t.hook("tampered").last_error).toContain("INTEGRITY");
  expect(t.dispatches()).toEqual([]);
  expect(t.outcomes("tampered")).toEqual(["error", "skipped_disabled"]);
});

test("the least recently used Worker makes room past the limit, and comes back when it is needed", async () => {
  await using t = await TestEngine.start({ config: { evaluator: { warm_workers: 2 } } });
  for (const name of ["a", "b", "c", "d"]) t.register(name, `(ctx) => { ctx.state.set("n", (ctx.state.get("n") ?? 0) + 1); return { fire: true, context: { data: { n: ctx.state.get("n") } } }; }`);
  for (let round = 0; round < 3; round += 1) {
    await t.messages(1);
    await t.drain();
  }
  expect(t.dispatches()).toHaveLength(12);
  expect(t.dispatches().slice(-4).map(({ context }) => context["data"])).toEqual(Array.from({ length: 4 }, () => ({ n: 3 })));
});

test("more hooks than Workers may be see one event: each in its turn, none mistaken for a broken one", async () => {
  await using t = await TestEngine.start({ config: { evaluator: { warm_workers: 12 } } });
  const names = Array.from({ length: 60 }, (_, n) => `hook-${n}`);
  for (const name of names) t.register(name, `(ctx) => ({ fire: false })`);
  await t.burst(3);
  await t.drain();
  const rows = t.store.db.query<{ outcome: string; attempt: number; n: number }, []>("SELECT outcome, attempt, count(*) AS n FROM hook_invocations GROUP BY 1, 2").all();
  expect(rows).toEqual([{ outcome: "no_fire", attempt: 1, n: 180 }]);
  expect(t.notices.filter(({ kind }) => kind === "evaluator_killed" || kind === "evaluator_crashed")).toEqual([]);
}, 20_000);

test("a hook that loops while it is loaded is errored, and holds up no one", async () => {
  await using t = await TestEngine.start({ config: { hooks: { load_timeout_ms: 200 } } });
  t.register("stuck", `(() => { for (;;); })()`);
  t.register("quick", `() => ({ fire: false })`);
  await t.burst(2);
  await t.until(() => t.outcomes("quick").length === 2);
  expect(t.outcomes("stuck")).toEqual([]);
  await t.drain();
  expect(t.hook("stuck")).toMatchObject({ status: "errored" });
  expect(t.outcomes("stuck")).toEqual(["error", "skipped_disabled"]);
}, 30_000);
