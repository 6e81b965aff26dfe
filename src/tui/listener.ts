import { ApiClient } from "../engine/api/client.ts";
import type { NoticeEvent } from "../engine/api/wire.ts";
import { NOTICE_KINDS, type NoticeKind } from "../engine/core/notice.ts";

interface ListenerParts {
  readonly home: string;
  /** Undefined: the daemon has gone without a word. */
  readonly heard: (event: NoticeEvent | undefined) => void;
  readonly later: (work: () => void, ms: number) => () => void;
}

/** Many a second where much is done: the figures tell of them. */
const CHATTER: readonly NoticeKind[] = ["turn_started", "turn_ended", "evaluator_started"];
const KINDS = NOTICE_KINDS.filter((kind) => !CHATTER.includes(kind));
/** Until it is looked for again, doubled each time up to the most: to ask where nobody listens costs a tenth of a millisecond. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 4_000;

/** Hears from the daemon what happens; where there is none, looks for one for as long as it lives. After a break it goes on behind what it has. */
export class Listener implements Disposable {
  readonly #parts: ListenerParts;
  readonly #over = new AbortController();
  #after: number | undefined;
  #endWait: (() => void) | undefined;
  #waitMs = FIRST_WAIT_MS;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    void this.#listen();
  }

  async #listen(): Promise<void> {
    const { signal } = this.#over;
    while (!signal.aborted) {
      if (await this.#hear()) this.#parts.heard(undefined);
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const cancel = this.#parts.later(resolve, this.#waitMs);
        this.#endWait = () => (cancel(), resolve());
      });
      this.#waitMs = Math.min(LONGEST_WAIT_MS, this.#waitMs * 2);
    }
  }

  /** True when a daemon that was heard broke off. */
  async #hear(): Promise<boolean> {
    const { signal } = this.#over;
    let speaking = false;
    try {
      const client = await ApiClient.find(this.#parts.home);
      for await (const event of client?.notices({ ...(this.#after === undefined ? {} : { after: this.#after }), kinds: KINDS, signal }) ?? []) {
        speaking = event.event !== "bye";
        this.#waitMs = FIRST_WAIT_MS;
        this.#after = event.event === "hello" ? event.data.after : event.event === "notice" ? event.data.seq : event.event === "gap" ? event.data.first - 1 : this.#after;
        this.#parts.heard(event);
      }
      return false;
    } catch {
      // Gone, stopped by a signal, or of another version: what the database says of the daemon is shown.
      return speaking && !signal.aborted;
    }
  }

  [Symbol.dispose](): void {
    this.#over.abort();
    this.#endWait?.();
  }
}
