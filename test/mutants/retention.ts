import type { Mutant } from "./mutant.ts";

const HOUSEKEEPER = ["test/engine/pipeline/housekeeper.test.ts"];
const WALK = "src/engine/store/retention/invocation-walk.ts";

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "fold-boring-only", file: WALK, find: "AND NOT EXISTS (SELECT 1 FROM invocation_logs l WHERE l.invocation_id = i.id))`", replace: ")`", tests: HOUSEKEEPER, filter: "after a day what is boring" },
  { name: "fold-evaluated-only", file: WALK, find: "row.passed === 1 && ", replace: "", tests: ["test/engine/evaluation/retention.test.ts"], filter: "behind a pair that is not terminal" },
  { name: "remove-evaluated-only", file: "src/engine/store/retention/event-walk.ts", find: "e.seq <= ?2 AND", replace: "?2 = ?2 AND", tests: HOUSEKEEPER, filter: "what evaluation has not passed" },
  { name: "keep-pending", file: "src/engine/store/retention/event-walk.ts", find: "d.status IN ('pending', 'running'))", replace: "d.status = 'none')", tests: HOUSEKEEPER, filter: "a pending dispatch keeps" },
  { name: "full-walk-daily", file: "src/engine/pipeline/housekeeper.ts", find: "    if (full) this.#beginAnew(now);", replace: "    if (this.#fullAt < 0) this.#beginAnew(now);", tests: HOUSEKEEPER, filter: "met again the next day" },
  { name: "failed-pass-begins-anew", file: "src/engine/pipeline/housekeeper.ts", find: "      this.#fullAt = Number.NEGATIVE_INFINITY;\n", replace: "", tests: HOUSEKEEPER, filter: "could not be committed" },
  { name: "text-is-told", file: "src/engine/store/retention/clear-event.ts", find: "event.content !== null && event.content !== \"\"", replace: "event.content === \"\"", tests: HOUSEKEEPER, filter: "an event goes with everything" },
  { name: "text-is-tidied", file: "src/engine/pipeline/housekeeper.ts", find: "<= kept * GONE_SHARE) return;", replace: ">= 0) return;", tests: ["test/engine/evaluation/retention.test.ts"], filter: "thirty days" },
  { name: "events-go-by-age", file: "src/engine/pipeline/housekeeper.ts", find: "    yield* this.#walkEvents(now);", replace: "", tests: ["test/engine/evaluation/retention.test.ts"], filter: "thirty days" },
  { name: "free-pages-go-back", file: "src/engine/pipeline/housekeeper.ts", find: "    yield* this.#release();", replace: "", tests: HOUSEKEEPER, filter: "free pages go back" },
  { name: "bytes-limit", file: "src/engine/pipeline/housekeeper.ts", find: "before <= rules.max_bytes", replace: "before > 0", tests: HOUSEKEEPER, filter: "past max_bytes" },
  { name: "held-log-is-told", file: "src/engine/store/checkpointer.ts", find: "if (this.#restart().busy === 0) return false;", replace: "return false;", tests: ["test/engine/store/checkpointer.test.ts"], filter: "a reader that holds the log" },
  { name: "log-holder-is-recycled", file: "src/engine/pipeline/note-held-log.ts", find: "  runtime.recycle(", replace: "  void ((..._: unknown[]) => undefined)(", tests: ["test/engine/runtime/log-held-by-hook.test.ts"], filter: "a hook that keeps a snapshot" },
  { name: "silent-is-down", file: "src/engine/pipeline/health.ts", find: "silent > SILENT_MS || unheard", replace: "unheard", tests: ["test/engine/pipeline/health.test.ts"] },
  { name: "heartbeat-is-written", file: "src/engine/pipeline/heartbeat.ts", find: "    setMeta(this.#store, \"heartbeat\", now);", replace: "", tests: ["test/engine/pipeline/heartbeat.test.ts"] },
  { name: "exit-code-of-verdict", file: "src/cli/commands/status.ts", find: "    return EXIT_CODE[report.health.verdict];", replace: "    return EXIT_CODE.healthy;", tests: ["test/cli/status.test.ts"] },
];
