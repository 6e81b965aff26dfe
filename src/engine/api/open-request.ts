import { NexusError } from "../core/errors.ts";
import { readJson } from "./read-json.ts";
import type { Ask } from "./route.ts";

/**
 * A request from its first byte to its answer. It ends early at its deadline, when its client goes away, and when the
 * daemon does: whoever answers it hears of that by the signal, and the client at once, whether they listen or not.
 */
export class OpenRequest implements Ask {
  readonly request: Request;
  readonly #cut = new AbortController();
  readonly #early = Promise.withResolvers<never>();
  readonly #closed = Promise.withResolvers<void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Without a deadline it is open until it is closed. */
  constructor(request: Request, deadlineMs?: number) {
    this.request = request;
    // It may end in time.
    this.#early.promise.catch(() => undefined);
    request.signal.addEventListener("abort", this.#onGone, { once: true });
    if (deadlineMs !== undefined) this.within(deadlineMs);
  }

  get signal(): AbortSignal {
    return this.#cut.signal;
  }

  json(maxBytes: number): Promise<unknown> {
    return readJson(this.request, maxBytes, this.signal);
  }

  within(ms: number): void {
    clearTimeout(this.#timer);
    // Its work may go on for a moment after it was ended, and must not leave a timer behind.
    if (!this.signal.aborted) this.#timer = setTimeout(() => this.end(new NexusError("REQUEST_TIMEOUT", `there was no answer within the deadline of the request (${ms} ms)`)), ms);
  }

  /** What it comes to: what `work` does, or why it ended before. */
  settled<Value>(work: Promise<Value>): Promise<Value> {
    return Promise.race([this.#early.promise, work]);
  }

  end(why: NexusError): void {
    this.#early.reject(why);
    this.#cut.abort(why);
  }

  /** Resolves when whoever streams has said so. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  close(): void {
    this[Symbol.dispose]();
    this.#closed.resolve();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.request.signal.removeEventListener("abort", this.#onGone);
  }

  readonly #onGone = (): void => this.end(new NexusError("INTERRUPTED", "the client went away"));
}
