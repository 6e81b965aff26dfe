import type { Mutant } from "./mutant.ts";

const daemon = "src/engine/daemon.ts";
const daemonTest = ["test/engine/daemon.test.ts"];
const recoveryTest = ["test/engine/evaluation/recovery.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "acknowledge-before-commit", file: "src/engine/store/group-commit.ts", find: "            outcome = () => resolve(value);", replace: "            outcome = () => undefined;\n            resolve(value);", tests: daemonTest },
  { name: "full-disk-keeps-taking", file: daemon, find: 'if (failure.code !== "DATABASE_FULL") this.#restored();', replace: "this.#restored();", tests: daemonTest },
  { name: "failures-without-end", file: "src/engine/store/commit-failures.ts", find: "return this.#at.length < MOST;", replace: "return true;", tests: daemonTest, filter: "third failure" },
  { name: "epoch-not-asked", file: "src/engine/pipeline/neighbours.ts", find: "this.#epoch !== undefined && !isCurrentEpoch(this.#store, this.#epoch)", replace: "this.#epoch !== undefined && this.#epoch < 0", tests: daemonTest, filter: "another one has started" },
  { name: "gate-without-shares", file: "src/engine/pipeline/gate.ts", find: "share > NEWEST / 2", replace: "share > NEWEST * 2", tests: ["test/engine/pipeline/gate.test.ts"] },
  { name: "gate-without-end", file: "src/engine/pipeline/gate.ts", find: "if (waiting >= maxWaiting) throw", replace: "if (waiting >= maxWaiting * 2) throw", tests: ["test/engine/pipeline/gate.test.ts"] },
  { name: "poison-for-ever", file: "src/engine/pipeline/recovery.ts", find: "if (attempt > maxAttempts) {", replace: "if (attempt > maxAttempts * 1e9) {", tests: ["test/engine/evaluation/poison.test.ts"] },
  { name: "chain-without-budget", file: "src/engine/store/events.ts", find: "chainLength(store, cause.root) >= maxChain)", replace: "chainLength(store, cause.root) < 0)", tests: recoveryTest, filter: "budget whatever its shape" },
  { name: "timers-wait-in-line", file: "src/engine/pipeline/intake.ts", find: 'else if (event.channel === "timer" && !this.#parts.gate.isOn) this.#timers.push(event);', replace: "", tests: recoveryTest, filter: "does not wait behind a flood" },
  { name: "page-beyond-what-was-seen", file: "src/engine/pipeline/intake.ts", find: ".filter(({ seq }) => seq <= this.#last);", replace: ";", tests: ["test/engine/evaluation/neighbours.test.ts"] },
  { name: "stop-without-drain", file: "src/engine/engine.ts", find: "const until = performance.now() + forMs;", replace: "const until = performance.now() - forMs;", tests: ["test/cli/stop.test.ts"], filter: "again and again" },
  { name: "waiting-without-limit", file: "src/engine/store/waiting.ts", find: "if (waiting + more <= maxWaiting) return;", replace: "if (waiting >= 0) return;", tests: ["test/cli/events-limits.test.ts"] },
  { name: "trial-that-is-throttled", file: "src/engine/pipeline/admission.ts", find: "  if (admission === \"skip\") {\n    queue.breaker = breaker;", replace: "  queue.breaker = breaker;\n  if (admission === \"skip\") {", tests: ["test/engine/pipeline/admission.test.ts"] },
];
