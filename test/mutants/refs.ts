import type { Mutant } from "./mutant.ts";

const WALK = "src/engine/refs/walk.ts";
const UPDATE = "src/engine/refs/update.ts";
const RUNS = "src/engine/refs/run-worker.ts";
const ROWS = "src/engine/store/runs.ts";
const OUTBOX = "src/engine/refs/outbox.ts";
const UPDATE_TEST = ["test/engine/refs/update.test.ts"];
const OUTBOX_TEST = ["test/engine/refs/outbox.test.ts"];
const RUNS_TEST = ["test/engine/refs/runs.test.ts"];
const MODEL = ["test/engine/refs/model.test.ts"];
const KILLS = ["test/binary/ref-kills.test.ts"];
const ROWS_TEST = ["test/engine/refs/rows.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "hooks-by-id", file: "src/engine/store/ref-hooks.ts", find: "WHERE ref_name = ? AND enabled ORDER BY created_at, rowid LIMIT ?", replace: "WHERE ref_name = ? AND enabled ORDER BY created_at, id LIMIT ?", tests: ["test/engine/refs/spec.test.ts"], filter: "order they were created" },
  { name: "expects-nothing", file: WALK, find: "if (asked.expect !== undefined && asked.expect !== (before?.passage_id ?? null)) {", replace: "if (asked.expect === \"\") {", tests: UPDATE_TEST, filter: "--expect" },
  { name: "circles-run", file: WALK, find: "if (path.refs.includes(name)) throw", replace: "if (path.refs.length > 1_000) throw", tests: UPDATE_TEST, filter: "in a circle" },
  { name: "cascades-without-end", file: WALK, find: "if (path.refs.length > max_depth) throw", replace: "if (path.refs.length > 1_000) throw", tests: UPDATE_TEST, filter: "cascades have a depth" },
  { name: "writes-without-end", file: WALK, find: "if (this.updates.length >= max_writes) throw", replace: "if (this.updates.length >= 1_000) throw", tests: UPDATE_TEST, filter: "cascades have a depth" },
  { name: "foreign-code-under-the-lock", file: UPDATE, find: "      if ((await frame.find(outcome)) >= TRIES)", replace: "      host.store.db.run(\"BEGIN IMMEDIATE\");\n      const found = await frame.find(outcome).finally(() => host.store.db.run(\"ROLLBACK\"));\n      if (found >= TRIES)", tests: UPDATE_TEST, filter: "while the write lock is held" },
  { name: "stale-answers-count", file: WALK, find: "JSON.stringify([place, job])", replace: "JSON.stringify([place])", tests: UPDATE_TEST, filter: "what others change while a script runs" },
  { name: "runs-for-nothing-unrecorded", file: "src/engine/refs/frame.ts", find: "return this.#ran.filter(({ key }) => !used.has(key))", replace: "return this.#ran.filter(({ key }) => key === \"\" && !used.has(key))", tests: UPDATE_TEST, filter: "refused afterwards" },
  { name: "never-busy", file: UPDATE, find: ">= TRIES) throw forNothing(", replace: ">= 1_000) throw forNothing(", tests: UPDATE_TEST, filter: "gives up" },
  { name: "dry-run-commits", file: UPDATE, find: "return options.dryRun === true ? host.store.rehearse(work) : host.transaction(work);", replace: "return host.transaction(work);", tests: UPDATE_TEST, filter: "a dry run" },
  { name: "handlers-without-a-deadline", file: "src/engine/refs/handlers.ts", find: "return Math.min(metadata.limits.timeout_ms, this.#parts.config.refs.timeout_ms);", replace: "return metadata.limits.timeout_ms;", tests: ["test/engine/refs/handlers.test.ts"], filter: "one that hangs" },
  { name: "overlay-unseen", file: "src/engine/runtime/child/context.ts", find: "refs: seen.overlay === undefined ? refs : new Refs(ledger, seen.overlay),", replace: "refs: seen.overlay === undefined ? refs : new Refs(ledger),", tests: ["test/engine/refs/handlers.test.ts"], filter: "ctx.refs" },
  { name: "webhook-tried-once", file: OUTBOX, find: "const again = retryable && attempt <", replace: "const again = !retryable && attempt <", tests: OUTBOX_TEST, filter: "what may pass is tried again" },
  { name: "webhook-refused-is-tried", file: OUTBOX, find: "const again = retryable &&", replace: "const again = code !== \"OUTBOUND_ABORTED\" &&", tests: OUTBOX_TEST, filter: "what may pass is tried again" },
  { name: "webhooks-overtake", file: "src/engine/store/ref-outbox.ts", find: "SELECT * FROM ref_outbox WHERE rowid IN (SELECT min(rowid) FROM ref_outbox WHERE status = 'pending' GROUP BY hook_id) AND", replace: "SELECT * FROM ref_outbox WHERE status = 'pending' AND", tests: OUTBOX_TEST, filter: "in the order of its updates" },
  { name: "sent-before-recorded", file: OUTBOX, find: "  const result = await sendWebhook(", replace: "  await parts.commit(() => recordWebhookAttempt(parts.host.store, webhook.id, { status: \"sent\", at: parts.host.clock.now() })).catch(() => undefined);\n  const result = await sendWebhook(", tests: OUTBOX_TEST, filter: "ends while a webhook is under way" },
  { name: "run-without-attempts", file: RUNS, find: "const again = run.attempts < config.refs.run_attempts;", replace: "const again = run.attempts < 1;", tests: RUNS_TEST, filter: "a run that fails" },
  { name: "run-half-done", file: RUNS, find: "await updateRefs(parts.host, () => ({ writes: [], requests, emit, after: settle }), { actor: run.id, cause: event.id });", replace: "for (const request of requests) await updateRefs(parts.host, () => ({ writes: [], requests: [request] }), { actor: run.id, cause: event.id });\n    await updateRefs(parts.host, () => ({ writes: [], emit, after: settle }), { actor: run.id, cause: event.id });", tests: RUNS_TEST, filter: "a run that fails" },
  { name: "runs-side-by-side", file: ROWS, find: "\n       AND (${LANE}) NOT IN (SELECT ${LANE} FROM runs WHERE status = 'running')", replace: "", tests: RUNS_TEST, filter: "one run at a time" },
  { name: "hooks-wait-for-each-other", file: ROWS, find: "coalesce(hook_id, '')", replace: "''", tests: RUNS_TEST, filter: "delays no other hook" },
  { name: "cancelled-run-counts", file: RUNS, find: "if (!endRun(store, run.id, { status: \"done\", at: clock.now(), result, logs })) throw", replace: "if (!endRun(store, run.id, { status: \"done\", at: clock.now(), result, logs }) && run.attempts > 100) throw", tests: RUNS_TEST, filter: "a run that is cancelled" },
  { name: "runs-are-lost", file: "src/engine/refs/ref-work.ts", find: "    takeUpRuns(this.#parts);\n", replace: "    void takeUpRuns;\n", tests: RUNS_TEST, filter: "begun again" },
  { name: "runs-without-end", file: RUNS, find: "if (run.attempts < config.refs.run_attempts) returnRun(", replace: "if (run.attempts < 1_000) returnRun(", tests: RUNS_TEST, filter: "begun again" },
  { name: "requests-of-hooks-undone", file: "src/engine/pipeline/request-runs.ts", find: "  if (asked.length === 0) return undefined;", replace: "  if (asked.length >= 0) return undefined;", tests: RUNS_TEST, filter: "an ordinary hook sets refs" },
  { name: "a-failure-is-committed", file: WALK, find: "      throw HookFailure.of(error, hook, update);", replace: "      void HookFailure.of(error, hook, update);", tests: MODEL },
  // The webhook of an update that fails afterwards goes out all the same.
  { name: "an-outbox-of-its-own", file: UPDATE, find: "    if (error instanceof HookFailure) throw failed(host, frame, walk, error, options);", replace: "    if (error instanceof HookFailure) {\n      host.transaction(() => host.store.db.query(\"INSERT INTO ref_outbox(id, update_id, hook_id, ref_name, request_json, status, created_at) SELECT 'obx_' || ?1, ?1, id, ref_name, json_object('url', json_extract(config, '$.url'), 'headers', json('{}'), 'body', json_object('update_id', ?1)), 'pending', 1 FROM passage_ref_hooks WHERE action_type = 'webhook'\").run(walk.transaction));\n      throw failed(host, frame, walk, error, options);\n    }", tests: ["test/cli/refs.test.ts"], filter: "killed again and again" },
  { name: "hooks-of-a-branch-that-is-off", file: WALK, find: "?.hooks_enabled === false) return \"branch\";", replace: "?.hooks_enabled === null) return \"branch\";", tests: MODEL },
  { name: "promote-writes-all", file: "src/engine/refs/branch-updates.ts", find: "ref === undefined || refByName(store, name)?.passage_id === ref.passage_id", replace: "ref === undefined", tests: MODEL },
  { name: "cascades-run-no-hooks", file: WALK, find: "this.write({ ref_name, passage, metadata, hooks, action: \"set\" }, path);", replace: "this.write({ ref_name, passage, metadata, hooks: hooks && path.refs.length === 0, action: \"set\" }, path);", tests: MODEL },
  { name: "previous-by-the-plan", file: "src/engine/store/refs.ts", find: "  const previous = historyOf(store, name, 1)[0];", replace: "  const previous = historyOf(store, name, 2).at(-1);", tests: ["test/engine/refs/concurrency.test.ts"] },
  { name: "audit-without-its-place", file: "src/engine/store/audit.ts", find: "if (row.seq !== before + 1) return", replace: "if (row.seq <= before) return", tests: ROWS_TEST, filter: "the audit log" },
  { name: "audit-without-a-head", file: "src/engine/store/audit.ts", find: "if (head !== null && head.seq !== seq)", replace: "if (head !== null && head.seq < seq)", tests: ROWS_TEST, filter: "the audit log" },
  { name: "passages-in-use-go", file: "src/engine/store/retention/expire-refs.ts", find: "  AND NOT EXISTS (SELECT 1 FROM ref_history WHERE previous_passage_id = p.id)\n", replace: "", tests: ROWS_TEST, filter: "retention" },
  { name: "moves-without-end", file: "src/engine/store/retention/expire-refs.ts", find: "HAVING count(*) > ?", replace: "HAVING count(*) > 1000 * ?", tests: ROWS_TEST, filter: "retention" },
  // As if webhooks were stored by a transaction of their own, right after the one that moved the refs.
  { name: "webhooks-after-the-commit", file: UPDATE, find: "  if (!dryRun) accept(walk.events);", replace: "  if (!dryRun) accept(walk.events);\n  const late = store.db.query<Record<string, string | number | null>, [string]>(\"DELETE FROM ref_outbox WHERE update_id IN (SELECT id FROM ref_history WHERE transaction_id = ?) RETURNING *\").all(walk.transaction);\n  if (late.length > 0) setTimeout(() => store.write(() => late.forEach((row) => store.db.query(`INSERT INTO ref_outbox(${Object.keys(row).join()}) VALUES (${Object.keys(row).map(() => \"?\").join()})`).run(...Object.values(row)))), 0);", tests: KILLS },
  { name: "sent-before-it-is-sent", file: OUTBOX, find: "  const result = await sendWebhook(", replace: "  await parts.commit(() => recordWebhookAttempt(parts.host.store, webhook.id, { status: \"sent\", at: parts.host.clock.now() })).catch(() => undefined);\n  const result = await sendWebhook(", tests: KILLS },
  { name: "runs-are-lost-in-a-crash", file: "src/engine/refs/ref-work.ts", find: "    takeUpRuns(this.#parts);\n", replace: "    void takeUpRuns;\n", tests: KILLS },
];
