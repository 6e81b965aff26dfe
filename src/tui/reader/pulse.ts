import { judge, type Grade } from "../../engine/pipeline/health.ts";
import { invocationsEver } from "../../engine/store/invocation-queries.ts";
import { lastSeq } from "../../engine/store/event-queries.ts";
import { getMeta } from "../../engine/store/meta.ts";
import type { ReaderHome } from "./reader-home.ts";

/** What stands above every screen. */
export interface Pulse {
  readonly verdict: Grade;
  /** What is worst, in a few words. */
  readonly because: string;
  readonly daemon: "up" | "stopped" | "away";
  readonly pid?: number;
  /** How many there ever were: two looks make a rate. */
  readonly events: number;
  readonly invocations: number;
  readonly backlog: number;
  readonly pending: number;
  readonly hooks: number;
}

export function readPulse(home: ReaderHome, { now }: { readonly now: number }): Pulse {
  const facts = home.facts(now);
  const { verdict, findings } = judge(facts);
  const events = lastSeq(home.store);
  return {
    verdict,
    because: verdict === "healthy" ? "" : (findings.find(({ grade }) => grade === verdict)?.evidence ?? ""),
    daemon: facts.daemon === undefined ? "away" : facts.daemon.stopped ? "stopped" : "up",
    ...(facts.daemon === undefined ? {} : { pid: facts.daemon.pid }),
    events,
    invocations: invocationsEver(home.store),
    // Of now, unlike the other figures: by it a dashboard keeps back beside a daemon that is behind.
    backlog: Math.max(0, events - (getMeta(home.store, "eval_cursor") ?? 0)),
    pending: facts.dispatches.pending,
    hooks: facts.hooks.active + facts.hooks.paused + facts.hooks.disabled + facts.hooks.errored,
  };
}
