import type { StoredEvent } from "../../engine/core/event.ts";
import { dispatchesOfEvent } from "../../engine/store/dispatches.ts";
import { eventById, listEvents, type EventFilter } from "../../engine/store/event-queries.ts";
import { hookById } from "../../engine/store/hooks.ts";
import { invocationsOfEvent } from "../../engine/store/invocation-queries.ts";
import type { Store } from "../../engine/store/open.ts";
import type { ReaderHome } from "./reader-home.ts";

export interface EventFacts {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
  readonly type: string;
  readonly channel: string;
  readonly sender?: string;
  readonly content: string;
  readonly suppressed?: string;
}

export interface EventList {
  /** Newest first. */
  readonly events: readonly EventFacts[];
  /** There are older ones that match, too. */
  readonly more: boolean;
}

export interface EventGist {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly thread?: string;
  readonly decisions: readonly { readonly hook: string; readonly outcome: string; readonly took_ms: number }[];
  readonly dispatches: readonly { readonly id: string; readonly session: string; readonly status: string }[];
}

export const MOST_EVENTS = 500;
const MOST_TEXT = 300;
const MOST_DECISIONS = 100;
/** Words that narrow a search down to a field. */
const FIELDS = ["type", "channel", "sender", "thread"] as const;

/** `search`: words of the content, and `type:`, `channel:`, `sender:`, `thread:`; `!word` is in none of what is shown; or an event's whole id. */
export function readEvents({ store }: ReaderHome, { search }: { readonly search: string }): EventList {
  const exact = eventById(store, search.trim());
  if (exact !== undefined) return { events: [factsOf(exact)], more: false };
  const words = search.split(/\s+/).filter((word) => word !== "");
  const excluded = words.filter(isExclusion).map((word) => word.slice(1).toLowerCase());
  const events = listEvents(store, filterOf(words.filter((word) => !isExclusion(word))));
  // After the query, whose index knows only what is there.
  const kept = events.slice(0, MOST_EVENTS).map(factsOf).filter(({ type, channel, sender = "", content }) => {
    const shown = [type, channel, sender, content].join(" ").toLowerCase();
    return !excluded.some((word) => shown.includes(word));
  });
  return { events: kept, more: events.length > MOST_EVENTS };
}

export function readEventGist({ store }: ReaderHome, { id }: { readonly id: string }): EventGist | undefined {
  const event = eventById(store, id);
  if (event === undefined) return undefined;
  return {
    metadata: event.metadata,
    ...(event.thread_id === undefined ? {} : { thread: event.thread_id }),
    decisions: invocationsOfEvent(store, id).slice(0, MOST_DECISIONS).map(({ hook_id, outcome, latency_us }) => ({ hook: slugOf(store, hook_id), outcome, took_ms: latency_us / 1_000 })),
    dispatches: dispatchesOfEvent(store, id).map(({ id: dispatch, session_key, status }) => ({ id: dispatch, session: session_key, status })),
  };
}

function isExclusion(word: string): boolean {
  return word.length > 1 && word.startsWith("!");
}

function filterOf(words: readonly string[]): EventFilter {
  const given: Partial<Record<(typeof FIELDS)[number], string>> = {};
  const text = words.filter((word) => {
    const field = FIELDS.find((one) => word.startsWith(`${one}:`));
    if (field === undefined) return true;
    const value = word.slice(field.length + 1);
    if (value !== "") given[field] = value;
    return false;
  });
  return { limit: MOST_EVENTS + 1, ...given, ...(text.length === 0 ? {} : { search: text.join(" ") }) };
}

function factsOf({ id, seq, received_at, type, channel, sender_id, content = "", suppressed }: StoredEvent): EventFacts {
  return { id, seq, at: received_at, type, channel, content: content.slice(0, MOST_TEXT), ...(sender_id === undefined ? {} : { sender: sender_id }), ...(suppressed === undefined ? {} : { suppressed }) };
}

export function slugOf(store: Store, hookId: string): string {
  return hookById(store, hookId)?.slug ?? hookId;
}
