import type { Notice } from "../../engine/core/notice.ts";
import { eventById } from "../../engine/store/event-queries.ts";
import { newestInvocations } from "../../engine/store/invocation-queries.ts";
import { newestNotices } from "../../engine/store/notices.ts";
import { standingById, type HookStanding } from "./hook-standing.ts";
import type { ReaderHome } from "./reader-home.ts";

export interface LiveInvocation {
  readonly id: string;
  readonly at: number;
  readonly hook_id: string;
  readonly hook: string;
  readonly event_id: string;
  readonly outcome: string;
  readonly took_ms: number;
  readonly what: string;
  readonly error?: string;
}

export interface LiveNotice {
  readonly id: string;
  readonly at: number;
  readonly kind: Notice["kind"];
  readonly hook_id?: string;
  readonly hook?: string;
  /** As it is now. */
  readonly standing?: HookStanding;
  readonly event_id?: string;
  readonly data: Notice["data"];
}

export interface Live {
  /** Newest first. */
  readonly invocations: readonly LiveInvocation[];
  readonly notices: readonly LiveNotice[];
}

export const LIVE_TABS = ["all", "invocations", "notices", "errors"] as const;
/** Four screens of it. More is what the other screens are for. */
const MOST = 200;
const MOST_TEXT = 160;

export function readLive(home: ReaderHome, { tab, now }: { readonly tab: string; readonly now: number }): Live {
  const { store } = home;
  const standings = new Map<string, HookStanding | undefined>();
  const standing = (id: string): HookStanding | undefined => {
    if (!standings.has(id)) standings.set(id, standingById(store, id));
    return standings.get(id);
  };
  const slugOf = (id: string): string => standing(id)?.slug ?? id;
  const errors = tab === "errors";
  const rows = tab === "notices" ? [] : errors ? home.seldom("live errors", now, () => newestInvocations(store, MOST, true)) : newestInvocations(store, MOST);
  return {
    invocations: rows.map(({ id, started_at, hook_id, event_id, outcome, latency_us, error, reason }): LiveInvocation => {
      const event = eventById(store, event_id);
      const what = event === undefined ? event_id : [event.type, event.channel, event.sender_id, event.content].filter((part) => part !== undefined).join(" ").slice(0, MOST_TEXT);
      const why = error ?? reason;
      return { id, at: started_at, hook_id, hook: slugOf(hook_id), event_id, outcome, took_ms: latency_us / 1_000, what, ...(why === undefined ? {} : { error: why.slice(0, MOST_TEXT) }) };
    }),
    notices: tab === "invocations" || errors ? [] : newestNotices(store, MOST).map((notice): LiveNotice => {
      const hook = notice.hook_id === undefined ? undefined : standing(notice.hook_id);
      return { ...notice, ...(notice.hook_id === undefined ? {} : { hook: slugOf(notice.hook_id) }), ...(hook === undefined ? {} : { standing: hook }) };
    }),
  };
}
