import type { StoredEvent } from "../../engine/core/event.ts";
import type { TraceStep } from "../../engine/core/request.ts";
import { whyEvent, type Verdict, type WhyEntry } from "../../engine/pipeline/why.ts";
import { traceOf } from "../../engine/broker/trace.ts";
import { eventById, eventsCausedBy } from "../../engine/store/event-queries.ts";
import type { ReaderHome } from "./reader-home.ts";

export interface EventDetail {
  readonly event?: StoredEvent;
  readonly trace?: readonly TraceStep[];
  readonly why?: readonly WhyEntry[];
  /** Of the hooks that are not listed. */
  readonly rest?: Readonly<Partial<Record<Verdict, number>>>;
  /** Events that it led to. */
  readonly effects?: readonly { readonly id: string; readonly type: string; readonly at: number }[];
}

/** With ten thousand hooks nearly all of them simply do not match. */
const MOST_WHY = 300;
const MOST_EFFECTS = 100;

export function readEvent(home: ReaderHome, { id, tab, now }: { readonly id: string; readonly tab: string; readonly now: number }): EventDetail {
  const { store } = home;
  const event = eventById(store, id);
  if (event === undefined) return {};
  switch (tab) {
    case "why": {
      const { hooks } = home.seldom(`why ${id}`, now, () => whyEvent(store, id));
      const rest: Partial<Record<Verdict, number>> = {};
      for (const { verdict } of hooks.slice(MOST_WHY)) rest[verdict] = (rest[verdict] ?? 0) + 1;
      return { event, why: hooks.slice(0, MOST_WHY), rest };
    }
    case "event":
      return { event, effects: eventsCausedBy(store, id, MOST_EFFECTS).map(({ id: effect, type, received_at }) => ({ id: effect, type, at: received_at })) };
    default:
      return { event, trace: traceOf(store, event) };
  }
}
