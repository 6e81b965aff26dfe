import type { Dispatch } from "../core/dispatch.ts";
import { storedPrincipal, type StoredEvent } from "../core/event.ts";
import { isTrusted, type Profile } from "../core/profile.ts";
import { eventById } from "./event-queries.ts";
import type { Store } from "./open.ts";

/**
 * What an agent may do for a dispatch: all, when every cause is trusted or a person has approved the version that fired.
 * What happened during a turn carries on what that turn was.
 */
export function profileOf(store: Store, { event_id, version_id }: Pick<Dispatch, "event_id" | "version_id">, event = eventById(store, event_id)): Profile {
  if (version_id !== undefined && isApproved(store, version_id)) return "full";
  return event !== undefined && isTrustedEvent(store, event) ? "full" : "reduced";
}

/** A copy may lead an agent no further than what it is a copy of, whoever had it evaluated again. */
function isTrustedEvent(store: Store, event: StoredEvent): boolean {
  if (!areCausesTrusted(store, event)) return false;
  if (event.replay_of === undefined) return true;
  const original = eventById(store, event.replay_of);
  return original !== undefined && areCausesTrusted(store, original);
}

function areCausesTrusted(store: Store, event: StoredEvent): boolean {
  const turn = event.cause_id === undefined ? null : store.db.query<{ profile: Profile }, [string]>("SELECT profile FROM dispatches WHERE id = ?").get(event.cause_id);
  if (turn !== null) return turn.profile === "full";
  const root = rootOf(store, event);
  return [event, ...(root === undefined ? [] : [root])].every((one) => isTrusted(storedPrincipal(one), one.access?.trusted));
}

function isApproved(store: Store, versionId: string): boolean {
  return store.db.query("SELECT 1 FROM hook_versions WHERE id = ? AND approved_at IS NOT NULL").get(versionId) !== null;
}

/** Where its chain of causes began; undefined for one that has no cause. */
function rootOf(store: Store, { id, cause_id }: StoredEvent): StoredEvent | undefined {
  if (cause_id === undefined) return undefined;
  const row = store.db.query<{ root_id: string | null }, [string]>("SELECT root_id FROM events WHERE id = ?").get(id);
  return row === null || row.root_id === null ? undefined : eventById(store, row.root_id);
}
