import { expect, test } from "bun:test";
import { insertDelivery, recordAttempt } from "../../../src/engine/store/deliveries.ts";
import { putInInbox } from "../../../src/engine/store/inbox.ts";
import { moveHead, openSession } from "../../../src/engine/store/sessions.ts";
import { endTurn, insertTurn } from "../../../src/engine/store/turns.ts";
import { RetentionDesk } from "../../helpers/retention-desk.ts";
import { rows, T0 } from "../../helpers/rows.ts";

function turn(desk: RetentionDesk, id: string, session: string, options: { at?: number; ends?: boolean; delivered?: boolean } = {}): void {
  const { at = T0, ends = true, delivered = true } = options;
  const { store } = desk;
  store.write(() => {
    openSession(store, { key: session, persona: "default" }, at);
    insertTurn(store, { id, session_key: session, agent: "atlas", runner: "inbox", started_at: at, epoch: 1, profile: "full" });
    putInInbox(store, { turn_id: id, agent: "atlas", input_json: "{}", created_at: at });
    insertDelivery(store, { id: `dlv_${id}`, turn_id: id, event_id: "agent:x", session_key: session, outbound: "out", part: 1, parts: 1, message_json: "{}", created_at: at });
    if (delivered) recordAttempt(store, `dlv_${id}`, { status: "sent", at });
    if (!ends) return;
    endTurn(store, id, { status: "done", at, answer: "hello" });
    moveHead(store, session, id, at);
  });
}

// switch: mutant turn-that-is-needed
test("old turns go with their messages and their session; what is still needed stays: a session's end, a running turn, an unsent message", () => {
  using desk = new RetentionDesk({ dispatches_days: 10, invocations_days: 10 });
  turn(desk, "trn_old", "old");
  turn(desk, "trn_before", "used");
  turn(desk, "trn_unsent", "unsent", { delivered: false });
  turn(desk, "trn_runs", "runs", { ends: false });
  desk.days(11);
  turn(desk, "trn_head", "used", { at: desk.clock.now() });
  desk.evaluated(900_000, {}, { received_at: desk.clock.now() });
  // A second pass: a session's end goes once the session has gone.
  desk.housekeeper.sweep();
  desk.days(1);
  desk.housekeeper.sweep();
  const ids = (table: string, column: string): unknown[] => rows(desk.store, `SELECT ${column} AS id FROM ${table} ORDER BY 1`).map((row) => (row as { id: string }).id);
  expect(ids("turns", "id")).toEqual(["trn_head", "trn_runs", "trn_unsent"]);
  expect(ids("deliveries", "id")).toEqual(["dlv_trn_head", "dlv_trn_runs", "dlv_trn_unsent"]);
  expect(ids("inbox_items", "turn_id")).toEqual(["trn_head", "trn_runs", "trn_unsent"]);
  expect(ids("sessions", "key")).toEqual(["runs", "used"]);
});
