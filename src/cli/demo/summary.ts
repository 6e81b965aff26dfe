import type { Dispatch } from "../../engine/core/dispatch.ts";
import type { Hook } from "../../engine/core/hook.ts";
import { lastSeq } from "../../engine/store/event-queries.ts";
import { listDispatches } from "../../engine/store/dispatches.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import type { Store } from "../../engine/store/open.ts";
import { hookStats } from "../../engine/store/stats.ts";
import { answersPath } from "./demo-agents.ts";
import { emit, emitJson, latency, paint } from "../output.ts";
import { table } from "../table.ts";

/** The whole of the demo, read back from the database it filled. */
export function summarise(store: Store, home: string, elapsedMs: number, json: boolean): void {
  const hooks = listHooks(store);
  const dispatches = listDispatches(store, { limit: 10_000 });
  const total = hookStats(store, "*", 0);
  const fired = dispatches.length;
  const answered = dispatches.filter(({ status }) => status === "done").length;
  const events = lastSeq(store);
  if (json) return emitJson({ home, events, invocations: total.invocations, fires: total.fires, errors: total.errors, p50_ms: total.p50_ms, p99_ms: total.p99_ms, elapsed_ms: Math.round(elapsedMs), dispatches: fired, answered, answers: answersPath(home) });
  emit(`\n${paint("bold", "Summary")}`);
  emit(`  ${events} events, ${total.invocations} invocations, ${total.fires} fires, ${total.errors} errors in ${(elapsedMs / 1_000).toFixed(1)} s`);
  emit(`  time in a hook: p50 ${latency(total.p50_ms ?? 0)}, p99 ${latency(total.p99_ms ?? 0)}`);
  emit(`  ${fired} fires woke an agent: ${answered} answered; their answers are in ${answersPath(home)}\n`);
  emit(table(["  Hook", "Evaluated", "Fired", "Why it exists"], hooks.map((hook) => row(store, hook))));
  emit(`\n${paint("bold", "Try next")}`);
  for (const command of suggestions(hooks, dispatches)) emit(`  ${command} --home ${home}`);
}

function row(store: Store, hook: Hook): string[] {
  const stats = hookStats(store, hook.id, 0);
  return [`  ${hook.slug}`, String(stats.invocations), String(stats.fires), hook.version.metadata.description ?? ""];
}

function suggestions(hooks: readonly Hook[], dispatches: readonly Dispatch[]): string[] {
  const nexus = import.meta.url.includes("$bunfs") ? "nexus" : fromSource();
  const casey = hooks.find(({ slug }) => slug === "casey-safety-check") ?? hooks[0];
  const fire = dispatches.find(({ event_id }) => !event_id.startsWith("timer:")) ?? dispatches[0];
  return [`${nexus} why ${fire?.event_id ?? "EVENT"}`, `${nexus} events show ${fire?.event_id ?? "EVENT"} --trace`, `${nexus} hooks info ${casey?.slug ?? "HOOK"}`, `${nexus} hooks invocations night-watch --last 10`];
}

/** From source it is a package script; who came by npx (which sets npm_command) may have no bun of their own. */
function fromSource(): string {
  return process.env["npm_command"] === "exec" ? "npx --yes bun@1.4.5 run nexus" : "bun run nexus";
}
