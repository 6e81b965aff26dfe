import type { Mutant } from "./mutant.ts";

const KILLS = ["test/engine/broker/kill-everywhere.test.ts"];
const PLAN = ["test/engine/broker/queue-plan.test.ts"];
const PROFILE = ["test/engine/broker/profile.test.ts"];
const CONTEXT = ["test/engine/broker/context/assemble.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "lost-turns-stay-lost", file: "src/engine/broker/recover.ts", find: "lost.forEach((turn) => giveBack(parts, turn))", replace: "void lost", tests: KILLS, filter: "one answer" },
  { name: "left-over-lives", file: "src/engine/broker/recover.ts", find: "await Promise.all(lost.map((turn) => parts.endLeftOver(turn.id, turn.process)));", replace: "", tests: KILLS, filter: "one answer" },
  { name: "steered-are-lost", file: "src/engine/broker/turn-end.ts", find: "  returnDispatch(store, handing.id, 0, undefined);\n", replace: "", tests: KILLS, filter: "steered" },
  { name: "answered-turns-forgotten", file: "src/engine/broker/recover.ts", find: "for (const [turn, end] of answered) turns.resume(runOf(turn, running(parts, turn)), end);", replace: "", tests: KILLS, filter: "every stage: one answer" },
  { name: "retry-hides-an-end", file: "src/engine/broker/request.ts", find: "dispatches.length > 0 && dispatches.every(", replace: "dispatches.some(", tests: KILLS, filter: "every stage: failures" },
  { name: "claim-twice", file: "src/engine/store/dispatches.ts", find: "reason = NULL WHERE id = ? AND status = 'pending'\"", replace: "reason = NULL WHERE id = ?\"", tests: ["test/engine/store/dispatches.test.ts"] },
  { name: "sent-while-unrecorded", file: "src/engine/broker/deliverer.ts", find: "  parts.commit(() => record(parts, delivery, result), recorded);", replace: "  recorded();\n  parts.commit(() => record(parts, delivery, result));", tests: KILLS, filter: "three in a row" },
  { name: "own-answers", file: "src/engine/registry/trigger-match.ts", find: "return Array.isArray(hooks) && hooks.includes(hookId);", replace: "return Array.isArray(hooks) && hookId === \"\";", tests: ["test/engine/broker/broker.test.ts"], filter: "answer to its own fire" },
  { name: "left-over-agents-live", file: "src/engine/start-broker.ts", find: "async (turnId, mark) => void (await endMarked(mark ?? NO_PROCESS, turnId))", replace: "() => Promise.resolve()", tests: ["test/binary/broker-kills.test.ts"] },
  { name: "foresees-what-the-agent-remembers", file: "src/engine/broker/foresight.ts", find: "agentSessionOf(store, session.head_turn_id, agent) !== undefined", replace: "false", tests: ["test/engine/broker/broker.test.ts"], filter: "what is foreseen" },
  { name: "cancelled-answer-goes-out", file: "src/engine/broker/turn-end.ts", find: "run.endedBy?.why === \"cancelled\" ? run.endedBy.reason : undefined", replace: "undefined", tests: ["test/engine/broker/broker.test.ts"], filter: "a turn that was cancelled" },
  { name: "persona-of-anyone", file: "src/engine/pipeline/settle.ts", find: "const allowed = personas.includes(\"*\") || personas.includes(session.persona);", replace: "const allowed = personas.length >= 0;", tests: ["test/engine/broker/broker.test.ts"], filter: "does not allow" },
  { name: "turn-that-is-needed", file: "src/engine/store/retention/expire.ts", find: "AND NOT (${needed})", replace: "", tests: ["test/engine/store/turn-retention.test.ts"] },
  { name: "collect-loses", file: "src/engine/broker/queue-plan.ts", find: 'mode === "collect" && group === head.group);', replace: 'mode === "collect");', tests: PLAN },
  { name: "drop-too-many", file: "src/engine/broker/queue-plan.ts", find: "candidates.slice(0, over)", replace: "candidates.slice(0, over + 1)", tests: PLAN },
  { name: "history-first-cut", file: "src/engine/broker/context/assemble.ts", find: "    if (sum(kept) + tokensOf(text) > budget) break;\n", replace: "", tests: CONTEXT },
  { name: "mark-is-guessable", file: "src/engine/broker/context/untrusted.ts", find: '.digest("hex").slice(0, 16);', replace: '.digest("hex").slice(0, 0).padEnd(16, "0");', tests: CONTEXT },
  { name: "invisible-stays", file: "src/engine/broker/context/untrusted.ts", find: '.replaceAll("\\r\\n", "\\n").replaceAll(INVISIBLE,', replace: '.replaceAll(/(?!)/g,', tests: CONTEXT },
  // C23: capability by provenance.
  { name: "everybody-is-trusted", file: "src/engine/core/profile.ts", find: "return TRUSTED.includes(type) || byPolicy === true;", replace: "return type.length > 0 || byPolicy === true;", tests: PROFILE, filter: "who sends decides" },
  { name: "approval-outlives-its-version", file: "src/engine/store/provenance.ts", find: "SELECT 1 FROM hook_versions WHERE id = ? AND approved_at IS NOT NULL", replace: "SELECT 1 FROM hook_versions WHERE hook_id = (SELECT hook_id FROM hook_versions WHERE id = ?) AND approved_at IS NOT NULL", tests: PROFILE, filter: "approve a version" },
  { name: "turns-wash-clean", file: "src/engine/store/provenance.ts", find: "if (turn !== null) return turn.profile === \"full\";", replace: "if (turn !== null) return true;", tests: PROFILE, filter: "stays reduced" },
  { name: "mixed-turns", file: "src/engine/broker/settings.ts", find: "return `${agent}\\n${profile}\\n", replace: "return `${agent}\\n", tests: PROFILE, filter: "no turn mixes" },
  { name: "reduced-is-full", file: "src/engine/broker/runners/command-plan.ts", find: "input.profile === \"reduced\" ? reducedSettings(given, preset) : given", replace: "given", tests: ["test/engine/broker/runners/presets.test.ts"], filter: "reduced" },
  { name: "turn-hidden-from-its-commands", file: "src/cli/turn-cause.ts", find: "for (const variables of ancestorEnvironments(process.pid)) {", replace: "for (const variables of [] as readonly (readonly string[])[]) {", tests: ["test/cli/profile.test.ts"] },
  { name: "reduced-turns-change-hooks", file: "src/cli/turn-guard.ts", find: "throw new NexusError(\"TURN_FORBIDDEN\", `nexus ${path} cannot be called", replace: "if (turn.id === \"\") throw new NexusError(\"TURN_FORBIDDEN\", `nexus ${path} cannot be called", tests: ["test/cli/profile.test.ts"] },
];
