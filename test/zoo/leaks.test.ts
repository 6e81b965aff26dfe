import { expect, test } from "bun:test";
import { join } from "node:path";
import { descriptorsOf } from "../../src/engine/runtime/vitals.ts";
import { TestEngine } from "../helpers/test-engine.ts";
import { heldMiB } from "../helpers/held-memory.ts";

const file = (name: string): string => join(import.meta.dir, "hooks", `${name}.ts`);

// switch: mutant heap-between-invocations
test("a warm Worker that keeps more and more is replaced between invocations: no event is lost, none run twice, no state is stale", async () => {
  await using t = await TestEngine.start();
  await t.registerFile("memory-leak", file("memory-leak"), { limits: { memory_mb: 24 } });
  const count = 60;
  let sent = 0;
  while (!t.notices.some(({ kind, data }) => kind === "worker_terminated" && data["why"] === "grown")) {
    await t.burst(count);
    sent += count;
    await t.drain();
    expect(sent).toBeLessThan(6_000);
  }
  await t.drain();
  expect(t.outcomes("memory-leak").filter((outcome) => outcome !== "fired")).toEqual([]);
  expect(t.dispatches().map(({ context }) => (context["data"] as { seen: number }).seen)).toEqual(Array.from({ length: sent }, (_, n) => n + 1));
}, 60_000);

// switch: mutant stray-rate
test("a flood written straight to the descriptor is cut and counted; it fills no memory and reaches no stdout", async () => {
  await using t = await TestEngine.start();
  await t.registerFile("flood", file("write-sync-flood"), { limits: { timeout_ms: 1_500 } });
  const before = heldMiB();
  await t.messages(1);
  await t.drain();
  expect(t.outcomes("flood")).toEqual(["timeout"]);
  const text = t.stray.join("");
  expect(text.length).toBeLessThan(4 * 16_384 + 1_024);
  expect(text).toStartWith("fff");
  expect(heldMiB() - before).toBeLessThan(64);
}, 30_000);

// switch: mutant recycle-descriptors
test("an evaluator that lost descriptors or children to ended Workers is replaced at rest, and nothing notices", async () => {
  await using t = await TestEngine.start({ config: { breaker: { failures: 1_000 } } });
  await t.registerFile("leaks", file("leak-descriptors"));
  t.register("healthy", `(ctx) => { const n = (ctx.state.get("n") ?? 0) + 1; ctx.state.set("n", n); return { fire: true, context: { data: { n } } }; }`);
  const own = descriptorsOf(process.pid) ?? 0;
  await t.burst(6);
  await t.drain();
  await t.until(() => t.notices.some(({ kind, data }) => kind === "evaluator_killed" && String(data["message"]).startsWith("recycled: ")));
  await t.burst(3);
  await t.drain();
  expect(t.invocations("healthy").map(({ outcome, attempt }) => [outcome, attempt])).toEqual(Array.from({ length: 9 }, () => ["fired", 1]));
  expect(t.dispatches().map(({ context }) => (context["data"] as { n: number }).n)).toEqual(Array.from({ length: 9 }, (_, n) => n + 1));
  expect(descriptorsOf(process.pid) ?? 0).toBeLessThan(own + 8);
}, 30_000);

// switch: mutant restless
test("a Worker that burns CPU while it has nothing to do is ended, and its hook goes on with its state", async () => {
  await using t = await TestEngine.start();
  t.register("burns", `(ctx) => { const n = (ctx.state.get("n") ?? 0) + 1; ctx.state.set("n", n); setInterval(() => { const until = performance.now() + 90; while (performance.now() < until); }, 100); return { fire: true, context: { data: { n } } }; }`);
  t.register("quiet", `(ctx) => { const n = (ctx.state.get("n") ?? 0) + 1; ctx.state.set("n", n); return { fire: true, context: { data: { n } } }; }`);
  const ended = (): boolean => t.notices.some(({ kind }) => kind === "worker_terminated");
  await t.messages(1);
  await t.drain();
  await t.until(ended);
  await t.messages(1);
  await t.drain();
  const burner = t.hook("burns").version.id;
  expect(t.notices.filter(({ kind }) => kind === "worker_terminated").map(({ data }) => [data["version"], data["why"]])).toEqual([[burner, "restless"]]);
  expect(t.dispatches().map(({ context }) => (context["data"] as { n: number }).n).toSorted((one, other) => one - other)).toEqual([1, 1, 2, 2]);
}, 30_000);

// switch: mutant kin-mark, kin-descent
test("a process in a session of its own ends with the evaluator, however it left its parents", async () => {
  const sleepers = (): string => Bun.spawnSync(["pgrep", "-f", "^sleep 3(11|12)$"]).stdout.toString();
  const dies = async (name: string, handler: string, outcome: string): Promise<void> => {
    await using t = await TestEngine.start();
    t.register(name, handler);
    await t.messages(1);
    await t.drain();
    expect(t.outcomes(name)).toEqual([outcome]);
  };
  // While the evaluator dies by a hook's hand only its mark is left to know it by.
  await dies("crashes", `async () => { const { spawn } = await import("node:child_process"); spawn("sh", ["-c", "setsid sleep 311 &"], { stdio: "ignore", detached: true }); await new Promise((r) => setTimeout(r, 100)); process.kill(process.pid, "SIGKILL"); await new Promise(() => {}); }`, "crashed");
  expect(sleepers()).toBe("");
  // Without any environment it is known by its descent when we end the evaluator ourselves.
  await dies("scrubs", `async () => { const { spawn } = await import("node:child_process"); spawn("sh", ["-c", "setsid sleep 312 &"], { stdio: "ignore", detached: true, env: { PATH: "/usr/bin:/bin" } }); await new Promise((r) => setTimeout(r, 100)); }`, "no_fire");
  expect(sleepers()).toBe("");
}, 30_000);
