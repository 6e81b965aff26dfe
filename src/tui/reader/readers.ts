import type { ReaderHome } from "./reader-home.ts";
import { readDispatch, readDispatches } from "./dispatches.ts";
import { readEvent } from "./event.ts";
import { readEventGist, readEvents } from "./events.ts";
import { readHook } from "./hook.ts";
import { readHookDay } from "./hook-day.ts";
import { readHooks } from "./hooks.ts";
import { readLive } from "./live.ts";
import { readOverview } from "./overview.ts";
import { readPulse } from "./pulse.ts";
import { readRef, readRefs } from "./refs.ts";
import { readSchedule } from "./schedule.ts";
import { readSession, readSessions } from "./sessions.ts";

/** Everything that screens read, by name: what they are given, and what comes of it. All of it is plain JSON. */
export const READERS = {
  pulse: readPulse,
  overview: readOverview,
  hooks: readHooks,
  hookDay: readHookDay,
  live: readLive,
  events: readEvents,
  eventGist: readEventGist,
  event: readEvent,
  hook: readHook,
  dispatches: readDispatches,
  dispatch: readDispatch,
  sessions: readSessions,
  session: readSession,
  refs: readRefs,
  ref: readRef,
  schedule: readSchedule,
} as const satisfies Readonly<Record<string, (home: ReaderHome, given: never) => unknown>>;

export type QueryName = keyof typeof READERS;
/** What a reader is given beside its name. */
type GivenOf<Name extends QueryName> = Parameters<(typeof READERS)[Name]> extends [ReaderHome, infer Given] ? Given : unknown;
/** A question without the time, which is put in when it is asked. */
export type Wish<Name extends QueryName = QueryName> = { [One in Name]: { readonly of: One } & Omit<GivenOf<One>, "now"> }[Name];
/** A question; `now` is Unix ms. */
export type Query<Name extends QueryName = QueryName> = Wish<Name> & { readonly now: number };
export type AnswerOf<Name extends QueryName> = Awaited<ReturnType<(typeof READERS)[Name]>>;

export async function read(home: ReaderHome, query: Query): Promise<unknown> {
  const reader = READERS[query.of] as (home: ReaderHome, given: Query) => unknown;
  return await reader(home, query);
}
