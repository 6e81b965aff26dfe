import type { HookMetadata } from "../../src/engine/core/hook.ts";
import type { Outcome } from "../../src/engine/core/invocation.ts";

/** One bad hook: `hooks/NAME.ts`, what it does to itself, and what is written about it. */
export interface Specimen {
  readonly name: string;
  readonly limits?: Partial<HookMetadata["limits"]>;
  /** Of each event in turn; one alone stands for all. */
  readonly outcomes: readonly Outcome[];
  /** What may come instead, and why is said where it stands. */
  readonly or?: readonly Outcome[];
  /** What the error of each failed invocation says. */
  readonly says?: RegExp;
}

const quick = { timeout_ms: 200 };
const of = (outcome: Outcome, names: readonly string[], says?: RegExp, limits: Specimen["limits"] = {}): Specimen[] =>
  names.map((name) => ({ name, outcomes: [outcome], limits, ...(says === undefined ? {} : { says }) }));

const TIMED_OUT = /^timed out/;
const ALONE = /while it ran this hook alone$/;

/** What a Worker survives, or takes only itself along. */
export const contained: readonly Specimen[] = [
  ...of("timeout", ["loop-forever", "regex-backtracking", "microtask-storm", "atomics-wait", "never-settles", "empty-loop", "exit-handler-loop", "getter-loop"], TIMED_OUT, quick),
  ...of("error", ["exit-zero", "exit-in-finally"], /^hook exited \(code 0\)$/),
  ...of("error", ["exit-seven"], /^hook exited \(code 7\)$/),
  ...of("fired", ["throw-after-result", "double-settle"]),
  // Its late exit may find the next event handed over and not begun: somebody has to pay, or it would be tried for ever.
  { name: "exit-after-result", outcomes: ["fired"], or: ["fired", "error"] },
  ...of("error", ["throw-text"], /^just text$/),
  ...of("error", ["throw-null"], /^threw null$/),
  ...of("error", ["throw-undefined"], /^threw undefined$/),
  ...of("error", ["throw-number"], /^threw 42$/),
  ...of("error", ["throw-object"], /^threw a value that is no Error: \{"a":1\}$/),
  ...of("error", ["throw-symbol"], /^threw Symbol\(s\)$/),
  ...of("error", ["throw-bigint"], /^threw 10$/),
  ...of("error", ["throw-function"], /^threw \(\)=>1$/),
  ...of("error", ["throw-proxy", "throw-getter-bomb", "throw-circular", "throw-to-json-bomb"], /^threw a value that cannot be described$/),
  ...of("error", ["throw-huge-message"], /^x{2048}$/),
  ...of("error", ["throw-promise", "throw-null-prototype"], /^threw a value that is no Error: \{\}$/),
  ...of("error", ["throw-stack-bomb"], /./),
  ...of("error", ["throw-name-object"], /^Odd: named$/),
  ...of("error", ["throw-aggregate"], /many$/),
  ...of("error", ["throw-subclass"], /own$/),
  ...of("error", ["throw-stack-overflow"], /Maximum call stack size exceeded/),
  ...of("error", ["reject-null"], /^threw null$/),
  ...of("error", ["unhandled-rejection"], /nobody waits for me/),
  ...of("error", ["throw-in-timer"], /in a timer/),
  ...of("no_fire", ["pollute-prototypes", "patch-json", "patch-promise", "patch-timers", "patch-clock", "patch-atomics", "process-title", "environment-writes", "process-send", "signal-handlers"]),
  ...of("crashed", ["patch-map", "patch-join"], /^the hook broke/),
  ...of("error", ["process-chdir", "process-umask", "process-abort"], /not supported|Unsupported|ERR_WORKER/i),
  ...of("no_fire", ["forge-loaded", "forge-results", "read-worker-data", "kill-self-sigterm"]),
  ...of("crashed", ["message-flood"], /^the hook sent \d+ messages of its own to the evaluator$/),
  ...of("error", ["result-huge"], /^RESULT_INVALID: the HookResult has 300037 bytes/),
  ...of("error", ["result-to-json-bomb", "result-circular", "result-bigint"], /^RESULT_INVALID/),
  // It takes JSON.stringify a second to find out (measured).
  ...of("error", ["result-deep"], /^RESULT_INVALID.*Maximum call stack/, { timeout_ms: 30_000 }),
  ...of("fired", ["result-deep-less", "result-proto-key"]),
  ...of("error", ["result-number", "result-text", "result-not-boolean"], /^RESULT_INVALID/),
  ...of("error", ["result-proxy-bomb", "then-getter-bomb"], /trap/),
  ...of("no_fire", ["console-flood", "console-escapes", "stdout-writes", "write-sync", "bun-write", "huge-log-line", "llm-storm", "state-proto", "copies-database", "busy-timer"]),
  ...of("timeout", ["search-storm"], TIMED_OUT, quick),
  ...of("error", ["search-huge"], /^CALL_TOO_LARGE/),
  ...of("error", ["state-huge"], /^STATE_TOO_LARGE/),
  ...of("error", ["leak-descriptors", "leak-children", "leak-daemons", "leak-daemons-scrubbed"], /^hook exited \(code 0\)$/),
];

/** What costs an evaluator its life, or has to run alone to be found out. */
export const deadly: readonly Specimen[] = [
  ...of("timeout", ["sleep-sync", "wasm-loop", "fifo-read", "exec-sync-sleep", "sqlite-cte"], TIMED_OUT, quick),
  ...of("crashed", ["kill-self-sigkill", "native-crash", "close-all-descriptors", "stop-self"], ALONE),
  ...of("crashed", ["memory-arrays", "memory-bytes", "memory-text", "memory-awaiting"], /^MEMORY: used more than memory_mb = 48$/, { memory_mb: 48 }),
  ...of("crashed", ["nested-workers"], /^MEMORY: used more than memory_mb = 48$/, { memory_mb: 48, timeout_ms: 30_000 }),
];

/** What never comes to run: the hook is errored. */
export const unloadable: readonly Specimen[] = [
  { name: "loop-at-load", outcomes: ["error", "skipped_disabled"], says: /was not loaded/ },
  { name: "await-at-load", outcomes: ["error", "skipped_disabled"], says: /was not loaded/ },
  { name: "exit-at-load", outcomes: ["error"], says: /^hook exited \(code 3\)$/ },
  { name: "throw-at-load", outcomes: ["error", "skipped_disabled"], says: /not today/ },
];
