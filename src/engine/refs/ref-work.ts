import type { DueWork } from "../core/due-work.ts";
import { getMeta } from "../store/meta.ts";
import type { RefWebhook } from "../store/ref-outbox.ts";
import type { Run } from "../store/runs.ts";
import { outbox } from "./outbox.ts";
import type { RefWorkParts } from "./parts.ts";
import { runWorker, takeUpRuns } from "./run-worker.ts";

/** What a daemon does for refs after their updates were committed. All truth is in the database. */
export class RefWork implements AsyncDisposable {
  readonly #parts: RefWorkParts;
  readonly #webhooks: DueWork<RefWebhook>;
  readonly #runs: DueWork<Run>;
  #generation = -1;

  constructor(parts: RefWorkParts) {
    this.#parts = parts;
    this.#webhooks = outbox(parts);
    this.#runs = runWorker(parts);
  }

  get isIdle(): boolean {
    return this.#webhooks.isIdle && this.#runs.isIdle;
  }

  /** Takes up what the daemon before this one was at. */
  start(): void {
    takeUpRuns(this.#parts);
    this.#webhooks.start();
    this.#runs.start();
  }

  /** After each commit: what it, or another process, has added is begun. */
  look(): void {
    const generation = getMeta(this.#parts.host.store, "work_generation") ?? 0;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#webhooks.changed();
      this.#runs.changed();
    }
    this.#webhooks.look();
    this.#runs.look();
  }

  /** Begins nothing more; what is under way ends unrecorded, and is begun again after the next start. */
  stop(): void {
    this.#webhooks.stop();
    this.#runs.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.#parts.handlers[Symbol.asyncDispose]();
  }
}
