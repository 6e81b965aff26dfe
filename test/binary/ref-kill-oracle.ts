import type { Store } from "../../src/engine/store/open.ts";
import type { Delivery } from "./webhook-receiver.ts";

/** Each update with each of the hooks on its ref. The hooks of these homes never change, and no update is without them. */
const ASKED = `SELECT h.id AS update_id, h.ref_name, h.passage_id, h.transaction_id, h.seq, h.depth, k.id AS hook_id, k.action_type, json_extract(k.config, '$.to') AS target
  FROM ref_history h JOIN passage_ref_hooks k ON k.ref_name = h.ref_name`;
const UPDATES = "(SELECT id FROM ref_history)";
const CONTENT = "(SELECT content FROM passages WHERE id =";

/** Those of an action that do not have exactly one row of `rows`. */
function notOne(action: string, rows: string): string {
  return `SELECT a.update_id, a.hook_id, count(r.rowid) AS n FROM (${ASKED}) a LEFT JOIN ${rows} WHERE a.action_type = '${action}' GROUP BY a.update_id, a.hook_id HAVING n <> 1`;
}

/** Each finds rows that must not be, once nothing is under way any more. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  "a move does not follow the one before": `SELECT * FROM (SELECT id, ref_name, previous_id, previous_passage_id, lag(id) OVER w AS before_id, lag(passage_id) OVER w AS before_passage FROM ref_history WINDOW w AS (PARTITION BY ref_name ORDER BY seq))
     WHERE previous_id IS NOT before_id OR previous_passage_id IS NOT before_passage`,
  "an update has not exactly one webhook": notOne("webhook", "ref_outbox r ON r.update_id = a.update_id AND r.hook_id = a.hook_id AND r.ref_name = a.ref_name"),
  "an update has not exactly one audit row": notOne("audit_log", "audit_log r ON r.update_id = a.update_id AND r.hook_id = a.hook_id AND r.passage_id = a.passage_id"),
  "an update has not exactly one run": notOne("trigger_run", "runs r ON r.update_id = a.update_id AND r.hook_id = a.hook_id AND json_extract(r.input_json, '$.passage_id') = a.passage_id"),
  "an update has not exactly one copy": notOne("copy", "ref_history r ON r.transaction_id = a.transaction_id AND r.ref_name = a.target AND r.passage_id = a.passage_id AND r.depth = a.depth + 1"),
  "an update has not exactly one event": `SELECT h.id FROM ref_history h LEFT JOIN events e ON e.id = 'ref:' || h.id AND json_extract(e.metadata_json, '$.passage_id') = h.passage_id GROUP BY h.id HAVING count(e.id) <> 1`,
  "a hook of an update has not exactly one execution, which is done": `SELECT a.update_id, a.hook_id FROM (${ASKED}) a LEFT JOIN ref_hook_executions x ON x.update_id = a.update_id AND x.hook_id = a.hook_id GROUP BY 1, 2 HAVING count(x.id) <> 1 OR max(x.outcome) <> 'done'`,
  "a webhook of no update": `SELECT id FROM ref_outbox WHERE update_id NOT IN ${UPDATES}`,
  "an audit row of no update": `SELECT seq FROM audit_log WHERE update_id NOT IN ${UPDATES}`,
  "a run of no update": `SELECT id FROM runs WHERE update_id NOT IN ${UPDATES}`,
  "an event of no update": `SELECT id FROM events WHERE channel = 'ref' AND substr(id, 5) NOT IN ${UPDATES}`,
  "a copy of no update": "SELECT c.id FROM ref_history c WHERE c.ref_name LIKE 'copy/%' AND NOT EXISTS (SELECT 1 FROM ref_history h WHERE h.transaction_id = c.transaction_id AND c.ref_name = 'copy/' || h.ref_name)",
  "a done execution of no update": `SELECT id FROM ref_hook_executions WHERE outcome = 'done' AND update_id NOT IN ${UPDATES}`,
  "a passage that no update brought": "SELECT id FROM passages WHERE id NOT IN (SELECT passage_id FROM ref_history)",
  "something of an update that failed": "SELECT h.id FROM ref_history h JOIN ref_hook_executions x ON x.transaction_id = h.transaction_id WHERE x.outcome <> 'done'",
  "a webhook that was not sent": "SELECT id, status, attempts, error FROM ref_outbox WHERE status <> 'sent'",
  "a run that is not done": "SELECT id, status, attempts, error FROM runs WHERE status <> 'done'",
  "a run has not exactly one effect": `SELECT r.id, count(m.id) AS n FROM runs r LEFT JOIN ref_history m ON m.created_by = r.id AND m.ref_name = 'made' AND ${CONTENT} m.passage_id) = 'made of ' || ${CONTENT} json_extract(r.input_json, '$.passage_id')) GROUP BY r.id HAVING n <> 1`,
  "an effect of no run": "SELECT id FROM ref_history WHERE ref_name = 'made' AND created_by NOT IN (SELECT id FROM runs)",
};

interface WebhookRow {
  readonly id: string;
  readonly hook_id: string;
  readonly ref_name: string;
  readonly update_id: string;
  readonly passage_id: string;
  readonly content: string;
}

export interface Said {
  readonly done: readonly string[];
  readonly undone: readonly string[];
}

/** What does not hold between the database, what writers said, and what the receiver heard; nothing when all is well. */
export function refKillViolations(store: Store, said: Said, heard: readonly Delivery[]): string[] {
  const all = <Row>(sql: string): Row[] => store.db.query<Row, []>(sql).all();
  const found = Object.entries(FORBIDDEN).flatMap(([meaning, sql]) => sample(meaning, all<object>(sql)));
  const updates = new Set(all<{ id: string }>("SELECT id FROM ref_history").map(({ id }) => id));
  const transactions = new Set(all<{ id: string }>("SELECT transaction_id AS id FROM ref_history").map(({ id }) => id));
  const failed = new Set(all<{ id: string }>("SELECT transaction_id AS id FROM ref_hook_executions WHERE outcome <> 'done'").map(({ id }) => id));
  const rows = all<WebhookRow>(`SELECT o.id, o.hook_id, o.ref_name, o.update_id, h.passage_id, ${CONTENT} h.passage_id) AS content FROM ref_outbox o JOIN ref_history h ON h.id = o.update_id ORDER BY o.rowid`);
  const known = new Map(rows.map((row) => [row.id, row]));
  const accepted = new Set(heard.filter((one) => one.accepted).map(({ id }) => id));
  return [
    ...found,
    ...sample("an update that was said to be done is not there", said.done.filter((id) => !updates.has(id))),
    ...sample("an update that was said to be undone is there, or its failure is not on record", said.undone.filter((id) => transactions.has(id) || !failed.has(id))),
    ...sample("a webhook that nobody accepted", rows.filter(({ id }) => !accepted.has(id))),
    ...sample("heard of no update, or something else than it was", heard.filter((one) => !fits(one, known.get(one.id)))),
    ...sample("a hook's webhooks came first in another order than its updates", disordered(rows, heard)),
  ];
}

function fits({ body }: Delivery, row: WebhookRow | undefined): boolean {
  if (row === undefined) return false;
  return body.update_id === row.update_id && body.hook_id === row.hook_id && body.ref_name === row.ref_name && body.passage_id === row.passage_id && body.passage.content === row.content;
}

function disordered(rows: readonly WebhookRow[], heard: readonly Delivery[]): string[] {
  const first = [...new Set(heard.map(({ id }) => id))];
  const hooks = Map.groupBy(rows, ({ hook_id }) => hook_id);
  return [...hooks].flatMap(([hook, ofHook]) => {
    const ids = new Set(ofHook.map(({ id }) => id));
    return Bun.deepEquals(first.filter((id) => ids.has(id)), [...ids]) ? [] : hook;
  });
}

function sample(meaning: string, rows: readonly unknown[]): string[] {
  return rows.length === 0 ? [] : [`${meaning}: ${rows.length}, ${JSON.stringify(rows[0])}`];
}
