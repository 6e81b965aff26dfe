import type { Mutant } from "./mutant.ts";

const simulation = { tests: ["test/simulation/simulation.test.ts"], filter: "the first seeds hold" };
const recorder = "src/engine/pipeline/recorder.ts";
const evaluation = "src/engine/pipeline/evaluation.ts";
const timekeeper = "src/engine/pipeline/timekeeper.ts";
const intake = "src/engine/pipeline/intake.ts";
const engine = "src/engine/engine.ts";
const breaker = "src/engine/pipeline/breaker.ts";

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "released-before-the-stream-is-through", file: "src/engine/pipeline/release.ts", find: "taken === 0 ? routed : Math.min(routed, takenFrom - 1)", replace: "taken < 0 ? takenFrom : routed", ...simulation },
  // I1 to I3: what is stored, evaluated once, dispatched once.
  { name: "retried-fire-not-dispatched", file: recorder, find: "settled.dispatch !== undefined && insertDispatch", replace: "settled.dispatch !== undefined && job.attempt < 2 && insertDispatch", ...simulation },
  { name: "dispatch-without-its-row", file: recorder, find: "recorded.invocations.push(invocation);", replace: "if (settled.dispatch === undefined || job.attempt < 2) recorded.invocations.push(invocation);", ...simulation },
  { name: "evaluated-again-after-a-crash", file: intake, find: "event.seq > recovery.until ? hooks : this.#notYet(event, hooks)", replace: "event.seq > 0 ? hooks : this.#notYet(event, hooks)", ...simulation },
  { name: "cursor-too-early", file: "src/engine/pipeline/watermark.ts", find: "if (seq === undefined || this.#open.has(seq)) break;", replace: "if (seq === undefined || this.#open.has(seq - 2)) break;", ...simulation },
  { name: "cursor-behind-routing", file: "src/engine/pipeline/saved-cursor.ts", find: 'setMeta(this.#store, "eval_cursor", cursor);', replace: 'setMeta(this.#store, "eval_cursor", Number(this.#store.db.query("SELECT max(seq) AS n FROM events").get()?.n ?? cursor));', ...simulation },
  { name: "matched-by-what-is-active-now", file: intake, find: "eras.indexFor(event.seq) ?? index", replace: "(event.seq < 0 ? eras.indexFor(event.seq) : undefined) ?? index", ...simulation },
  { name: "ended-hook-seen-late", file: engine, find: "if (recorded.notices.length > 0) this.#follower.refresh();", replace: "", ...simulation },
  { name: "unloadable-hook-loses-pairs", file: engine, find: "markErrored(store, queue, failure, now(), this.#notices), () => this.#follower.refresh())", replace: "{ markErrored(store, queue, failure, now(), this.#notices); this.#index.remove(queue.hook.id); this.#follower.refresh = () => undefined; }, () => undefined)", ...simulation },
  { name: "busy-group-dropped", file: "src/engine/store/group-commit.ts", find: "if (this.#busy < BUSY_TRIES) return group;", replace: "if (this.#busy < BUSY_TRIES) return [];", ...simulation },
  { name: "lease-written-at-once", file: "src/engine/pipeline/recovery.ts", find: "commit(true, () => takeLease(store, { eventId: job.event.id, hookId, attempt, epoch, at: now() }), () => give(hookId, job, false));", replace: "store.write(() => takeLease(store, { eventId: job.event.id, hookId, attempt, epoch, at: now() }));\n    commit(true, () => undefined, () => give(hookId, job, false));", ...simulation },
  // Events and results meet the right pairs, in order.
  { name: "events-of-a-frame-mixed-up", file: "src/engine/runtime/child/evaluator.ts", find: " && chunk.e.every((line, place) => line === place)", replace: "", ...simulation },
  { name: "old-version-recorded-as-new", file: recorder, find: "entry.version.id === queue.hook.version.id ? queue.hook", replace: "entry.version.id !== \"\" ? queue.hook", ...simulation },
  { name: "returned-out-of-order", file: "src/engine/pipeline/hook-queue.ts", find: "const sorted = [...jobs, ...before].sort((one, other) => one.event.seq - other.event.seq);", replace: "const sorted = [...jobs, ...before];", tests: ["test/engine/pipeline/hook-queue.test.ts"] },
  { name: "overtaken-on-the-way", file: "src/engine/runtime/lane.ts", find: "id < from && chunk", replace: "id < 0 && chunk", ...simulation },
  { name: "halted-for-ever", file: evaluation, find: "for (const queue of this.#ready) queue.halted = false;", replace: "", tests: ["test/engine/pipeline/hook-queue.test.ts"] },
  // ctx.state is what was committed.
  { name: "dropped-state-stays-warm", file: recorder, find: "if (settled.state === undefined && wroteState(entry)) this.#parts.forget(entry);", replace: "", ...simulation },
  { name: "state-loaded-before-its-commit", file: "src/engine/pipeline/pending-results.ts", find: "if (version.id !== versionId || answer.from !== \"worker\") continue;", replace: "continue;", tests: ["test/engine/pipeline/pending-results.test.ts"] },
  { name: "suspect-keeps-its-warm-worker", file: evaluation, find: "      this.#runtime?.retire(version);\n    }\n    if (queue.waiting", replace: "    }\n    if (queue.waiting", ...simulation },
  { name: "introduced-beside-a-worker", file: "src/engine/runtime/child/evaluator.ts", find: "if (host === undefined && !this.#loads.has(version)) this.#tell", replace: "if (!this.#loads.has(version)) this.#tell", ...simulation },
  // C27: the breaker. One-shots.
  { name: "breaker-counts-across-generations", file: breaker, find: "generation !== breaker.generation || breaker.state === \"open\"", replace: "breaker.state === \"open\"", ...simulation },
  { name: "old-success-closes", file: breaker, find: "export function succeed(breaker: Breaker, generation: number): Breaker {\n  if (generation !== breaker.generation) return breaker;", replace: "export function succeed(breaker: Breaker, generation: number): Breaker {\n  if (generation > breaker.generation) return breaker;", tests: ["test/engine/pipeline/breaker-model.test.ts"] },
  { name: "two-trials", file: breaker, find: "if (breaker.state === \"half-open\") return { admission: \"skip\", breaker };", replace: "if (breaker.state === \"half-open\") return { admission: \"trial\", breaker };", ...simulation },
  { name: "trial-lost-with-an-old-result", file: evaluation, find: "if (trial) queue.breaker = abandonTrial(queue.breaker);", replace: "if (why !== \"halted\") queue.breaker = abandonTrial(queue.breaker);", tests: ["test/engine/pipeline/hook-queue.test.ts"] },
  { name: "trial-never-abandoned", file: evaluation, find: "if (trial) queue.breaker = abandonTrial(queue.breaker);", replace: "", ...simulation },
  { name: "enabled-in-a-used-generation", file: evaluation, find: "generation: Math.max(generation, queue.breaker.generation) + 1", replace: "generation: queue.breaker.generation", tests: simulation.tests, filter: "10 000 seeds hold" },
  { name: "breaker-forgotten-at-restart", file: "src/engine/pipeline/hook-queue.ts", find: "const state = hook.circuit_state === \"half-open\" ? \"open\" : hook.circuit_state;", replace: "const state = hook.circuit_state === \"half-open\" ? \"closed\" : \"closed\";", ...simulation },
  { name: "one-shot-halts-not", file: recorder, find: "const spent = mode === \"one-shot\" && !queue.isActive;", replace: "const spent = mode === \"one-shot\" && queue.hook.deleted_at !== undefined;", ...simulation },
  // C8: schedules and clocks.
  { name: "two-looks-at-once", file: timekeeper, find: "const ticked = this.#ticking.then(() => this.#tick());", replace: "const ticked = this.#tick();", ...simulation },
  { name: "slots-planned-anew-at-restart", file: timekeeper, find: "const after = Math.max(lastSlot(store, hook.id) ?? 0, hook.updated_at);", replace: "const after = hook.updated_at;", ...simulation },
  { name: "slot-of-an-ended-hook", file: timekeeper, find: " && (line.hook === undefined || this.#parts.isActive(line.id))", replace: "", tests: ["test/engine/pipeline/timekeeper-model.test.ts"], filter: "a hook that ends" },
  { name: "debouncer-by-the-wall", file: evaluation, find: "new Debouncer(parts.monotonic,", replace: "new Debouncer(parts.now,", tests: ["test/engine/evaluation/breaker-and-one-shot.test.ts"], filter: "a wall clock" },
  { name: "limits-wait-for-a-wrong-clock", file: "src/engine/pipeline/admission.ts", find: "if ((times.at(-1) ?? now) > now) return", replace: "if ((times.at(-1) ?? now) > now + 1e15) return", tests: ["test/engine/pipeline/admission.test.ts"] },
  { name: "debouncer-holds-for-ever", file: "src/engine/pipeline/debouncer.ts", find: "queue.held = { job, since, due: Math.min(now + debounce_ms, since + debounce_max_ms) };", replace: "queue.held = { job, since, due: now + debounce_ms };", tests: ["test/engine/pipeline/debouncer.test.ts"] },
  { name: "slots-behind-a-failed-commit", file: timekeeper, find: "await this.#parts.commit(() => {", replace: "await this.#parts.commit(() => {\n      for (const line of due) line.after = Math.max(line.after, now);", tests: ["test/engine/pipeline/timekeeper-model.test.ts"] },
  { name: "two-looks-lose-slots", file: timekeeper, find: "const ticked = this.#ticking.then(() => this.#tick());", replace: "const ticked = this.#tick();", tests: ["test/engine/pipeline/timekeeper-model.test.ts"] },
  { name: "slots-planned-again", file: timekeeper, find: "const after = Math.max(lastSlot(store, hook.id) ?? 0, hook.updated_at);", replace: "const after = hook.updated_at;", tests: ["test/engine/pipeline/timekeeper-model.test.ts"], filter: "takes the process with it" },
  { name: "stale-schedule-compiled", file: timekeeper, find: "if (this.#compiling.get(hook.id) !== hook) return;", replace: "", tests: ["test/engine/pipeline/timekeeper-model.test.ts"], filter: "while it is compiled" },
  { name: "breaker-model-trial", file: breaker, find: "if (breaker.state === \"half-open\") return { admission: \"skip\", breaker };", replace: "if (breaker.state === \"half-open\") return { admission: \"trial\", breaker };", tests: ["test/engine/pipeline/breaker-model.test.ts"] },
  { name: "breaker-model-generations", file: breaker, find: "generation !== breaker.generation || breaker.state === \"open\"", replace: "breaker.state === \"open\"", tests: ["test/engine/pipeline/breaker-model.test.ts"] },
  { name: "sure-of-too-much", file: "src/engine/runtime/child/sure-result.ts", find: "const isName: Check = (value) => typeof value === \"string\" && value !== \"\";", replace: "const isName: Check = (value) => typeof value === \"string\";", tests: ["test/engine/runtime/sure-result.test.ts"] },
  { name: "cron-repeats-the-hour", file: "src/engine/pipeline/schedule-cron.ts", find: "const regular = walls.next(afterRepeated(change, last + offset));", replace: "const regular = walls.next(last + offset);", tests: ["test/engine/pipeline/schedule-zones.test.ts"] },
  { name: "breaker-waits-for-a-wrong-clock", file: breaker, find: "if (waited < 0) return", replace: "if (waited < -1e15) return", tests: ["test/engine/pipeline/breaker.test.ts"] },
];
