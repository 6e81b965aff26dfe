import type { Mutant } from "./mutant.ts";

const runner = "src/engine/pipeline/stage-runner.ts";
const turns = "src/engine/broker/turns.ts";
const stages = ["test/engine/broker/stages.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "stage-priority-ignored", file: runner, find: "one.version.metadata.priority - other.version.metadata.priority || ", replace: "", tests: stages, filter: "by priority" },
  { name: "stage-triggers-ignored", file: runner, find: "if (!found.has(hook.id)) found.set", replace: "found.set", tests: stages, filter: "collected" },
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
];
