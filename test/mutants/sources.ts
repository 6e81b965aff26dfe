import type { Mutant } from "./mutant.ts";

const INTAKE = "src/engine/pipeline/intake.ts";
const RELEASE = "src/engine/pipeline/release.ts";
const ENGINE_TEST = ["test/engine/pipeline/sources.test.ts"];
const KILLS_TEST = ["test/engine/pipeline/sources-kills.test.ts"];
const ROWS_TEST = ["test/engine/store/held-events.test.ts"];
const CLI_TEST = ["test/cli/sources.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "held-sources-run", file: INTAKE, find: "    if (holds.catches(stored)) {", replace: "    if (stored.seq < 0) {", tests: ENGINE_TEST, filter: "stored and wait" },
  { name: "released-by-the-hooks-of-now", file: INTAKE, find: "eras.indexFor(event.seq) ?? index", replace: "event.seq < 0 ? (eras.indexFor(event.seq) ?? index) : index", tests: ENGINE_TEST, filter: "active when it was accepted" },
  { name: "released-overtaken", file: "src/engine/pipeline/holds.ts", find: "return this.#known.get(source)?.drained === false;", replace: "return this.#known.get(source)?.hold.held_at !== undefined;", tests: ENGINE_TEST, filter: "in the middle of a release loses" },
  { name: "released-rows-go-early", file: RELEASE, find: "    if (pairs > 0) watermark.aside(event.seq, pairs, ended);\n    else commit(ended);", replace: "    if (pairs > 0) watermark.aside(event.seq, pairs, () => void (this.#pairs -= weight));\n    commit(pairs > 0 ? (): void => holds.end(event) : ended);", tests: KILLS_TEST, filter: "kill -9" },
  { name: "released-poison-for-ever", file: RELEASE, find: "      else if (single) recovery.add(hook.id, job());\n", replace: "", tests: KILLS_TEST, filter: "becomes dead" },
  { name: "released-place-unseen", file: "src/engine/store/epoch.ts", find: "(released > 0 && getMeta", replace: "(released < 0 && getMeta", tests: ROWS_TEST, filter: "come no further" },
  { name: "discarded-events-run", file: RELEASE, find: "const discarded = stored.seq <= until;", replace: "const discarded = stored.seq < 0 && until > 0;", tests: ENGINE_TEST, filter: "what is discarded" },
  { name: "held-takes-the-room-of-others", file: "src/engine/pipeline/gate.ts", find: "if (this.#held.isHolding(source) && this.#held.count >= maxWaiting)", replace: "if (this.#held.count >= maxWaiting)", tests: ENGINE_TEST, filter: "a room of their own" },
  { name: "held-room-without-a-door", file: "src/engine/store/waiting.ts", find: "if (source !== undefined && held >= maxWaiting) throw", replace: "if (source !== undefined && held >= maxWaiting * 1_000) throw", tests: CLI_TEST, filter: "fills its room" },
  { name: "holds-unseen-by-the-daemon", file: INTAKE, find: "    this.#parts.holds.refresh();\n", replace: "", tests: CLI_TEST, filter: "a running daemon follows" },
  { name: "held-events-go", file: "src/engine/store/retention/event-walk.ts", find: "(${held} OR ${kept}) AS kept", replace: "${kept} AS kept", tests: ROWS_TEST, filter: "removes no held event" },
  { name: "held-outcomes-fold", file: "src/engine/store/retention/invocation-walk.ts", find: "(SELECT e.seq <= ?5 AND NOT EXISTS (SELECT 1 FROM held_events h WHERE h.source = e.source_adapter AND h.seq = e.seq)\n", replace: "(SELECT e.seq <= ?5\n", tests: ROWS_TEST, filter: "removes no held event" },
  { name: "held-hooks-go", file: "src/engine/store/retention/purge-hooks.ts", find: ".all(deletedBefore, evaluatedUpTo(store));", replace: ".all(deletedBefore, Number.MAX_SAFE_INTEGER);", tests: ROWS_TEST, filter: "still to reach" },
];
