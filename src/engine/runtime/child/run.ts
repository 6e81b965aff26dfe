import type { LogLine } from "../../core/invocation.ts";
import type { WireResult } from "../protocol.ts";
import { describeError } from "./describe-error.ts";
import { LogCapture } from "./log-capture.ts";
import { isSureResult } from "./sure-result.ts";
import type { HookState } from "./state.ts";
import { StateView } from "./state.ts";

/** A result larger than this as JSON is an error of the hook. */
const RESULT_BYTES = 262_144;

/** Kept from before the hook was loaded: what it patches is its own affair. */
const { parse, stringify } = JSON;
const { now: systemNow } = Date;
const { round } = Math;
const clock = performance.now.bind(performance);

/** How an invocation ended, for the Worker to go on by. */
interface Ending {
  readonly line: string;
  /** Not a failure, as far as can be seen here. */
  readonly ok: boolean;
  readonly fired: boolean;
  readonly disables: boolean;
  /** It wrote state, and only the daemon can say whether its result is one: nothing may build on that state before. */
  readonly doubtful: boolean;
}

const FAILED = { ok: false, fired: false, disables: false, doubtful: false };

/** One invocation while it runs: its logs, its view of the state, its counters, and at the end its line on the wire. */
export class Run {
  readonly index: number;
  /** By the evaluation's clock, Unix ms. */
  readonly startedAt: number;
  readonly state: StateView;
  llmCalls = 0;
  searchCalls = 0;
  tokensIn = 0;
  tokensOut = 0;
  done = false;
  /** A stage hook has nothing to say of a fire. */
  atStage = false;
  /** What ended it from outside its promise: an unhandled rejection while it ran. */
  failed: ((error: unknown) => void) | undefined;
  #abort: AbortController | undefined;
  #abortTimer: ReturnType<typeof setTimeout> | undefined;
  #logs: LogCapture | undefined;
  readonly #begun = clock();
  readonly #timeoutMs: number;

  constructor(index: number, state: HookState, timeoutMs: number, clockOffset: number) {
    this.index = index;
    this.startedAt = systemNow() + clockOffset;
    this.state = new StateView(state);
    this.#timeoutMs = timeoutMs;
  }

  log(level: LogLine["level"], text: string): void {
    if (this.done) return;
    this.#logs ??= new LogCapture();
    this.#logs.add(round(clock() - this.#begun), level, text);
  }

  /** Made on first use: most hooks never look at it, and a timer for each invocation would cost more than they do. */
  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = new AbortController();
      const left = Math.max(0, Math.ceil(this.#timeoutMs - (clock() - this.#begun)));
      this.#abortTimer = setTimeout(() => abort.abort(new DOMException("the hook reached its timeout_ms", "TimeoutError")), left);
      this.#abort = abort;
    }
    return this.#abort.signal;
  }

  /** Ends it with what the handler returned. */
  succeed(value: unknown): Ending {
    if (value === undefined || isPlainNoFire(value)) {
      return this.#end(0, undefined, { ok: true, fired: false, disables: false, doubtful: false });
    }
    let text: string | undefined;
    try {
      text = stringify(value);
    } catch (error) {
      return this.#refuse(`RESULT_INVALID: the returned value is not JSON: ${describeError(error).message}`);
    }
    if (text === undefined) return this.#refuse(`RESULT_INVALID: returned a ${typeof value}, expected a HookResult object`);
    if (text.length > RESULT_BYTES) return this.#refuse(`RESULT_INVALID: the HookResult has ${text.length} bytes; the limit is ${RESULT_BYTES}`);
    const fire = property(value, "fire");
    const disables = property(value, "disable_hook") === true || property(value, "disable") === true;
    const doubtful = this.state.isWritten && !isSureResult(parse(text));
    return this.#end(1, `"result":${text}`, { ok: typeof fire === "boolean" || (this.atStage && fire === undefined), fired: fire === true, disables, doubtful });
  }

  fail(error: unknown): string {
    return this.#end(2, `"error":${stringify(describeError(error))}`, FAILED).line;
  }

  #refuse(message: string): Ending {
    return this.#end(2, `"error":${stringify({ message })}`, FAILED);
  }

  #end(kind: WireResult[1], main: string | undefined, ending: Omit<Ending, "line">): Ending {
    const durationUs = round((clock() - this.#begun) * 1_000);
    this.done = true;
    clearTimeout(this.#abortTimer);
    const parts: string[] = main === undefined ? [] : [main];
    // The daemon calls an answer after the deadline a timeout.
    const ok = ending.ok && durationUs <= this.#timeoutMs * 1_000;
    // A failed invocation leaves no trace in the state: what it wrote is dropped with it.
    const state = ok ? this.state.commit() : undefined;
    if (state !== undefined) parts.push(`"state":${state}`);
    if (this.#logs !== undefined) parts.push(`"logs":${stringify(this.#logs.lines)},"dropped":${this.#logs.dropped}`);
    if (this.llmCalls > 0) parts.push(`"llm":[${this.llmCalls},${this.tokensIn},${this.tokensOut}]`);
    if (this.searchCalls > 0) parts.push(`"search":${this.searchCalls}`);
    const extra = parts.length === 0 ? "" : `,{${parts.join(",")}}`;
    return { ...ending, ok, line: `[${this.index},${kind},${this.startedAt},${durationUs}${extra}]` };
  }
}

function isPlainNoFire(value: unknown): boolean {
  return typeof value === "object" && value !== null && property(value, "fire") === false && Object.keys(value).length === 1;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
