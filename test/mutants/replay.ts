import type { Mutant } from "./mutant.ts";

const replay = "src/engine/pipeline/replay.ts";
const replayTest = ["test/engine/evaluation/replay.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "replay-at-the-wrong-time", file: "src/engine/pipeline/router.ts", find: "return replay_of === undefined ? {} : { now: timestamp };", replace: "return replay_of === timestamp.toString() ? { now: timestamp } : {};", tests: replayTest },
  { name: "replay-as-new-sender", file: replay, find: "principal: storedPrincipal({ ...seen, source_adapter: asItCame.source_adapter }), ", replace: "", tests: replayTest },
  { name: "replay-of-the-denied", file: replay, find: 'if (suppressed === "denied") return', replace: "if (suppressed === undefined && id === \"\") return", tests: replayTest },
  { name: "replay-outside-the-chain", file: replay, find: "!== undefined ? cause : original.id", replace: '!== undefined ? cause : "nobody"', tests: replayTest },
  { name: "replay-trusts-its-copy", file: "src/engine/store/provenance.ts", find: "if (event.replay_of === undefined) return true;", replace: "return true;", tests: replayTest },
  { name: "replay-settles-slots", file: "src/engine/core/event.ts", find: "return addressed_to !== undefined && replay_of === undefined;", replace: "return addressed_to !== undefined && replay_of !== null;", tests: replayTest },
];
