import type { LogLine } from "../../core/invocation.ts";
import type { WireResult } from "../protocol.ts";
import { describeError } from "./describe-error.ts";
import { LogCapture } from "./log-capture.ts";
import type { HookState } from "./state.ts";
import { StateView } from "./state.ts";

/** A result larger than this as JSON is an error of the hook. */
const RESULT_BYTES = 262_144;

/** Kept from before the hook was loaded: what it patches is its own affair. */
const { stringify } = JSON;
const { now: systemNow } = Date;
const { round } = Math;
const clock = performance.now.bind(performance);

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

  /** Ends it with what the handler returned. `ok` is false when that is no HookResult at all. */
  succeed(value: unknown): { line: string; ok: boolean; fired: boolean; disables: boolean } {
    if (value === undefined || isPlainNoFire(value)) {
      return { line: this.#line(0, undefined), ok: true, fired: false, disables: false };
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
    return { line: this.#line(1, `"result":${text}`), ok: typeof fire === "boolean", fired: fire === true, disables };
  }

  fail(error: unknown): string {
    return this.#line(2, `"error":${stringify(describeError(error))}`);
  }

  #refuse(message: string): { line: string; ok: boolean; fired: boolean; disables: boolean } {
    return { line: this.#line(2, `"error":${stringify({ message })}`), ok: false, fired: false, disables: false };
  }

  #line(kind: WireResult[1], main: string | undefined): string {
    const durationUs = round((clock() - this.#begun) * 1_000);
    this.done = true;
    clearTimeout(this.#abortTimer);
    const parts: string[] = main === undefined ? [] : [main];
    // A failed invocation leaves no trace in the state: what it wrote is dropped with it.
    const state = kind === 2 ? undefined : this.state.commit();
    if (state !== undefined) parts.push(`"state":${state}`);
    if (this.#logs !== undefined) parts.push(`"logs":${stringify(this.#logs.lines)},"dropped":${this.#logs.dropped}`);
    if (this.llmCalls > 0) parts.push(`"llm":[${this.llmCalls},${this.tokensIn},${this.tokensOut}]`);
    if (this.searchCalls > 0) parts.push(`"search":${this.searchCalls}`);
    const extra = parts.length === 0 ? "" : `,{${parts.join(",")}}`;
    return `[${this.index},${kind},${this.startedAt},${durationUs}${extra}]`;
  }
}

function isPlainNoFire(value: unknown): boolean {
  return typeof value === "object" && value !== null && property(value, "fire") === false && Object.keys(value).length === 1;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
