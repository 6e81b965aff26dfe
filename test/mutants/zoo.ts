import type { Mutant } from "./mutant.ts";

const HEALTH = "src/engine/runtime/health.ts";
const HEALTH_TEST = ["test/engine/runtime/health.test.ts"];
const LEAKS = ["test/zoo/leaks.test.ts"];
const ZOO = ["test/zoo/zoo.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "silence", file: HEALTH, find: "if (this.#silentMs <= limit) return undefined;", replace: "return undefined;", tests: HEALTH_TEST },
  { name: "silence-gap", file: HEALTH, find: "Math.min(gap, LOOK_MS * 2)", replace: "gap", tests: HEALTH_TEST },
  { name: "restart-pause", file: "src/engine/runtime/restart-pause.ts", find: "counted <= 0 ? 0 :", replace: "counted < 1_000 ? 0 :", tests: HEALTH_TEST },
  { name: "stray-rate", file: "src/engine/runtime/stray-gate.ts", find: "bytes.subarray(0, BYTES_PER_SECOND - this.#passed)", replace: "bytes", tests: LEAKS, filter: "flood" },
  { name: "heap-between-invocations", file: "src/engine/runtime/child/chunk-runner.ts", find: "this.#grown = heapSize() > limit;", replace: "this.#grown = false;", tests: LEAKS, filter: "warm Worker" },
  { name: "recycle-descriptors", file: "src/engine/runtime/keeper.ts", find: "if (verdict !== undefined && now - this.#startedAt > YOUNG_MS) this.tire(verdict.message);", replace: "", tests: LEAKS, filter: "replaced at rest" },
  { name: "kin-mark", file: "src/engine/runtime/kin.ts", find: "const found = await markedBy(mark);", replace: "const found = await markedBy(`none${mark}`);", tests: LEAKS, filter: "session of its own" },
  { name: "kin-descent", file: "src/engine/runtime/evaluator-process.ts", find: "this.#family = descendantsOf(this.#child.pid);", replace: "this.#family = [];", tests: LEAKS, filter: "session of its own" },
  { name: "memory-of-an-invocation", file: "src/engine/runtime/child/worker-host.ts", find: "return this.#why === undefined && this.#seen.some(", replace: "return bytes < -1e15 && this.#seen.some(", tests: ZOO, filter: "deadly" },
  { name: "key-of-a-worker", file: "src/engine/runtime/child/worker-host.ts", find: "#key = crypto.randomUUID();", replace: '#key = "guess";', tests: ZOO, filter: "contained" },
  { name: "results-are-checked", file: "src/engine/runtime/lane.ts", find: "if (!isWireResult(wire)) {", replace: "if (!Array.isArray(wire)) {", tests: ZOO, filter: "contained" },
  { name: "restless", file: "src/engine/runtime/child/evaluator.ts", find: "for (const host of this.#restless.look(this.#hosts.values(), performance.now())) {", replace: "for (const host of [] as Host[]) {", tests: LEAKS, filter: "burns CPU" },
];
