import type { Hook } from "../../engine/core/hook.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import type { ReaderHome } from "./reader-home.ts";
import { nextDueOf } from "./schedule-line.ts";

export interface HookFacts {
  readonly id: string;
  readonly slug: string;
  readonly status: string;
  readonly mode: string;
  readonly circuit: string;
  readonly version: number;
  readonly owner?: string;
  readonly invocations: number;
  readonly fires: number;
  readonly errors: number;
  readonly p50_ms?: number;
  readonly p95_ms?: number;
  readonly last_error?: string;
  readonly reason?: string;
  readonly last_triggered?: number;
  /** When its schedule comes next, Unix ms; 0: it has one, and there are too many to say of each. */
  readonly next_at?: number;
  readonly deleted: boolean;
}

export interface HookList {
  readonly hooks: readonly HookFacts[];
}

/** Latencies cost a look into a hook's histograms; beyond so many hooks only those that did something today have them. */
const MOST_LATENCIES = 300;

/** Hooks with a schedule of which the next slot is said: each costs a look for its last one. */
const MOST_SCHEDULED = 300;

/** All of them: sorting and filtering must not wait for the disk. */
export async function readHooks(home: ReaderHome, { now, deleted = false }: { readonly now: number; readonly deleted?: boolean }): Promise<HookList> {
  const { store, stats } = home;
  const days = stats.days(now);
  const hooks = listHooks(store, { deleted });
  const busiest = days.size <= MOST_LATENCIES ? undefined : new Set([...days].toSorted(([, one], [, other]) => other.invocations - one.invocations).slice(0, MOST_LATENCIES).map(([id]) => id));
  const next = await nextSlots(home, hooks, now);
  return {
    hooks: hooks.map((hook): HookFacts => {
      const day = days.get(hook.id);
      const { p50_ms, p95_ms } = day === undefined || busiest?.has(hook.id) === false ? {} : stats.latencies(hook.id, now);
      return {
        id: hook.id, slug: hook.slug, status: hook.status, mode: hook.version.metadata.mode, circuit: hook.circuit_state, version: hook.version.version,
        invocations: day?.invocations ?? 0, fires: day?.fires ?? 0, errors: day?.errors ?? 0, deleted,
        ...(hook.creator.agent === undefined ? {} : { owner: hook.creator.agent }),
        ...(p50_ms === undefined ? {} : { p50_ms }), ...(p95_ms === undefined ? {} : { p95_ms }),
        ...(hook.last_error === undefined ? {} : { last_error: hook.last_error.slice(0, 300) }),
        ...(hook.disabled_reason === undefined ? {} : { reason: hook.disabled_reason.slice(0, 300) }),
        ...(next.get(hook.id) === undefined ? {} : { next_at: next.get(hook.id)! }),
        ...(hook.last_triggered === undefined ? {} : { last_triggered: hook.last_triggered }),
      };
    }),
  };
}

/** By hook, when its schedule comes next, Unix ms; of those that run. */
async function nextSlots(home: ReaderHome, hooks: readonly Hook[], now: number): Promise<Map<string, number>> {
  const scheduled = hooks.filter(({ status, version }) => version.metadata.schedule !== undefined && (status === "active" || status === "paused"));
  const due = new Map(scheduled.slice(MOST_SCHEDULED).map(({ id }): [string, number] => [id, 0]));
  for (const hook of scheduled.slice(0, MOST_SCHEDULED)) {
    const at = await nextDueOf(home, hook, now);
    if (at !== undefined) due.set(hook.id, at);
  }
  return due;
}
