import type { Mutant } from "./mutant.ts";

const runner = "src/engine/pipeline/stage-runner.ts";
const turns = "src/engine/broker/turns.ts";
const stages = ["test/engine/broker/stages.test.ts"];
const gate = "src/engine/pipeline/stage-gate.ts";
const watcher = "src/engine/pipeline/run-watcher.ts";
const early = ["test/engine/pipeline/stage-gate.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "stage-priority-ignored", file: runner, find: "one.version.metadata.priority - other.version.metadata.priority || ", replace: "", tests: stages, filter: "by priority" },
  { name: "stage-triggers-ignored", file: runner, find: "if (!found.has(hook.id) && wasThere", replace: "if (wasThere", tests: stages, filter: "collected" },
  { name: "stage-patch-unseen", file: runner, find: "if (patch !== undefined) request = applyPatch(request, patch);", replace: "", tests: stages, filter: "by priority" },
  { name: "stage-skip-goes-on", file: runner, find: "if (skip === true) return", replace: "if (skip === true && patch === null) return", tests: stages, filter: "a skip" },
  { name: "required-goes-on", file: runner, find: "hook.version.metadata.required === true) return { request, stopped", replace: "hook.slug === \"\") return { request, stopped", tests: stages, filter: "required one" },
  { name: "errored-required-passes", file: runner, find: " || (status === \"errored\" && deleted_at === undefined && version.metadata.required === true)", replace: "", tests: stages, filter: "cannot be loaded" },
  { name: "stage-asked-twice", file: runner, find: "if (before !== undefined) return before;", replace: "", tests: stages, filter: "killed while" },
  { name: "agent-asked-twice", file: "src/engine/broker/recover.ts", find: "return end === undefined ? []", replace: "return end !== undefined ? []", tests: stages, filter: "killed while" },
  { name: "answer-not-kept-for-hooks", file: turns, find: "commit(() => saveEnd(store, run.id, end), resolve)", replace: "commit(() => undefined, resolve)", tests: stages, filter: "killed while" },
  { name: "last-stages-forgotten", file: "src/engine/broker/request.ts", find: "if (LAST_STAGES.some((stage) => stages.has(stage))) openRequest", replace: "if (LAST_STAGES.every((stage) => stages.has(stage))) openRequest", tests: stages, filter: "killed before" },
  { name: "last-stages-asked-for-ever", file: "src/engine/broker/finalizer.ts", find: "commit(() => closeRequest(store, turn.id), () => {", replace: "commit(() => undefined, () => {", tests: stages, filter: "onError" },
  { name: "stage-hook-is-an-automation", file: "src/engine/pipeline/registry-follower.ts", find: "hook.active_from_seq !== undefined && hook.version.metadata.stage === \"runAutomations\"", replace: "hook.active_from_seq !== undefined", tests: stages, filter: "a skip" },
  { name: "stage-hook-was-an-automation", file: "src/engine/pipeline/era-index.ts", find: "version?.metadata.stage !== \"runAutomations\"", replace: "version === undefined", tests: stages, filter: "moved" },
  { name: "moved-hook-runs-anyway", file: "src/engine/pipeline/evaluation.ts", find: "(job.stage?.name ?? \"runAutomations\") === queue.stage ?", replace: "queue.stage !== undefined ?", tests: stages, filter: "moved" },
  { name: "stage-lines-shared", file: "src/engine/runtime/lane.ts", find: "job.stage === undefined ? job.event.id : job;", replace: "job.event.id;", tests: stages, filter: "travel together" },
  { name: "stops-before-its-hooks", file: "src/engine/pipeline/evaluation.ts", find: "if (!this.#paused || queue.stage !== \"runAutomations\")", replace: "if (!this.#paused)", tests: stages, filter: "stopped while" },
  { name: "patch-unchecked", file: "src/engine/core/request.ts", find: "if (typeof checked === \"string\") return { ok: false, error: checked };", replace: "", tests: stages, filter: "a patch is checked" },
  { name: "early-patch-unseen", file: gate, find: "this.#decided = end.ended === undefined ? seen :", replace: "this.#decided = end.ended === undefined ? event :", tests: early, filter: "what hooks before" },
  { name: "agent-sees-the-original", file: "src/engine/store/event-requests.ts", find: "return { ...event, ...request.seen,", replace: "return { ...event,", tests: early, filter: "what hooks before" },
  { name: "gate-lets-overtake", file: "src/engine/pipeline/intake.ts", find: "if (event.seq > this.#routed && !this.#route(event)) return this.#hold(fresh);", replace: "if (event.seq > this.#routed) this.#route(event);", tests: early, filter: "a skipped event" },
  { name: "early-skip-goes-on", file: gate, find: "const ended = outcome.stopped ?? outcome.skipped;", replace: "const ended = outcome.stopped;", tests: early, filter: "a skipped event" },
  { name: "early-required-goes-on", file: gate, find: "const ended = outcome.stopped ?? outcome.skipped;", replace: "const ended = outcome.skipped;", tests: early, filter: "a required one keeps" },
  { name: "decided-again", file: runner, find: "if (before !== undefined) return before;", replace: "", tests: early, filter: "survives a kill" },
  { name: "updated-hook-forgets-what-waits", file: runner, find: "return activationsOf(store, id).some(", replace: "return activationsOf(store, id).every(", tests: early, filter: "survives a kill" },
  { name: "decided-is-forgotten", file: gate, find: "known ? eventRequest(this.#parts.store, event.id) : undefined", replace: "undefined", tests: early, filter: "evaluated as decided" },
  { name: "run-watcher-early", file: "src/engine/pipeline/watermark.ts", find: "if (left === 1 && this.#watched.size > 0)", replace: "if (left >= 1 && this.#watched.size > 0)", tests: early, filter: "afterRunAutomations" },
  { name: "run-watcher-forgets", file: watcher, find: "    return 1;\n", replace: "    return 0;\n", tests: early, filter: "afterRunAutomations" },
  { name: "skipped-slot-stays-due", file: gate, find: "if (end.ended !== undefined) skipSlot", replace: "if (end.code === \"REQUEST_STOPPED\") skipSlot", tests: early, filter: "a slot whose" },
];
