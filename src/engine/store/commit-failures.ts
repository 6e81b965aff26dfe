import type { ErrorCode } from "../core/errors.ts";

/** So many failed commits within a minute, and the process ends: what is wrong does not go away by itself. */
const MOST = 3;
const WITHIN_MS = 60_000;
const COUNTED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["DATABASE_IO", "BUG", "DATABASE_BUSY"]);

/** Failed commits of late, by the monotonic clock. */
export class CommitFailures {
  readonly #at: number[] = [];

  get count(): number {
    return this.#at.length;
  }

  /** Counts one, and says whether the daemon may go on. A full disk is waited for, however long that takes. */
  mayGoOn(code: ErrorCode, now: number): boolean {
    if (code === "DATABASE_FULL") return true;
    if (!COUNTED.has(code)) return false;
    this.#at.push(now);
    while ((this.#at[0] ?? now) < now - WITHIN_MS) this.#at.shift();
    return this.#at.length < MOST;
  }
}
