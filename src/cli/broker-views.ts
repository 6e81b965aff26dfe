import type { Dispatch } from "../engine/core/dispatch.ts";
import type { StoredSession, Turn } from "../engine/core/turn.ts";
import type { Delivery } from "../engine/store/deliveries.ts";
import { isoTime } from "./output.ts";

/** What `--json` prints of the Broker's rows: the tables' names, times as ISO 8601, nothing that is not there. */
export function dispatchView(dispatch: Dispatch): Record<string, unknown> {
  const { created_at, settled_at, not_before, ...rest } = dispatch;
  return { ...rest, created_at: isoTime(created_at), ...(not_before === 0 ? {} : { not_before: isoTime(not_before) }), ...(settled_at === undefined ? {} : { settled_at: isoTime(settled_at) }) };
}

/** Without the context, which `dispatches show --context` prints. */
export function turnView({ context, started_at, ended_at, epoch: _epoch, ...turn }: Turn): Record<string, unknown> {
  return { ...turn, started_at: isoTime(started_at), ...(ended_at === undefined ? {} : { ended_at: isoTime(ended_at) }), ...(context === undefined ? {} : { context_tokens: context.tokens }) };
}

export function sessionView({ created_at, updated_at, ...session }: StoredSession): Record<string, unknown> {
  return { ...session, created_at: isoTime(created_at), updated_at: isoTime(updated_at) };
}

export function deliveryView({ message_json, created_at, settled_at, not_before, ...delivery }: Delivery): Record<string, unknown> {
  const present = Object.fromEntries(Object.entries(delivery).filter(([, value]) => value !== null));
  const times = { created_at: isoTime(created_at), ...(not_before === 0 ? {} : { not_before: isoTime(not_before) }), ...(settled_at === null ? {} : { settled_at: isoTime(settled_at) }) };
  return { ...present, ...times, message: JSON.parse(message_json) as unknown };
}
