import { NexusError } from "../../engine/core/errors.ts";
import { nearest } from "../../engine/core/nearest.ts";
import type { StoredSession } from "../../engine/core/turn.ts";
import { listDispatches } from "../../engine/store/dispatches.ts";
import type { Store } from "../../engine/store/open.ts";
import { listSessions, sessionByKey } from "../../engine/store/sessions.ts";
import { ancestry, turnsOfSession } from "../../engine/store/turns.ts";
import type { Run } from "../call.ts";
import { dispatchView, sessionView, turnView } from "../broker-views.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, latency, oneLine, printable } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

/** Keys that are offered for one that is not known. */
const KNOWN = 200;
const WAITING = 100;

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const session = sessionOrThrow(store, call.args[0] ?? "");
    const last = countOption(call, "last", 10);
    // The history first; a turn that runs, failed or was interrupted is in no history.
    const history = session.head_turn_id === undefined ? [] : ancestry(store, session.head_turn_id, last);
    const known = new Set(history.map(({ id }) => id));
    const beside = turnsOfSession(store, session.key, last).filter(({ id }) => !known.has(id));
    const turns = [...history, ...beside].toSorted((one, other) => one.started_at - other.started_at);
    const waiting = listDispatches(store, { limit: WAITING, session: session.key, status: "pending" }).toReversed();
    if (call.json) return emitJson({ ...sessionView(session), turns: turns.map((turn) => ({ ...turnView(turn), in_history: known.has(turn.id) })), waiting: waiting.map(dispatchView) });
    for (const [name, value] of Object.entries(sessionView(session))) emit(printable(`  ${name}: ${String(value)}`));
    const rows = turns.map(({ id, started_at, ended_at, agent, status, answer, error }) => [id, known.has(id) ? "yes" : "no", isoTime(started_at), ended_at === undefined ? "-" : latency(ended_at - started_at), agent, status, oneLine(answer ?? error ?? "-")]);
    if (rows.length > 0) emit(`\n${table(["Turn", "In history", "Started", "Took", "Agent", "Status", "Answer"], rows)}`);
    if (waiting.length > 0) emit(`\n${table(["Waiting", "Created", "Not before", "What"], waiting.map(({ id, created_at, not_before, prompt, reason }) => [id, isoTime(created_at), not_before === 0 ? "-" : isoTime(not_before), oneLine(reason ?? prompt ?? "-")]))}`);
  });

export function sessionOrThrow(store: Store, key: string): StoredSession {
  const session = sessionByKey(store, key);
  if (session !== undefined) return session;
  throw new NexusError("SESSION_NOT_FOUND", `no session has the key ${key}`, { did_you_mean: nearest(key, listSessions(store, KNOWN).map((one) => one.key)), next: ["nexus sessions list"] });
}
