import type { z } from "zod";
import type { Config } from "../../config.ts";
import type { EventInput } from "../../core/event-input.ts";
import type { IdPrefix } from "../../core/ids.ts";
import type { LogLine } from "../../core/invocation.ts";
import type { Passage, RefHook, RefOverlay, RefUpdate } from "../../core/ref.ts";
import type { StoredEvent } from "../../core/event.ts";
import type { Store } from "../../store/open.ts";
import type { HandlerJob, HandlerOutcome } from "../handlers.ts";
import type { WebhookRequest } from "../../store/ref-outbox.ts";
import type { RefRequest } from "../../core/ref-request.ts";

/** What is done outside of the transaction, because it takes as long as it takes: a script, or a webhook that is waited for. */
export type ForeignJob = { readonly kind: "handler"; readonly job: HandlerJob } | { readonly kind: "webhook"; readonly id: string; readonly request: WebhookRequest };

/** One hook on one update, as its action is given it. Everything it does is in the update's transaction. */
export interface ActionCall {
  readonly store: Store;
  readonly limits: Config["refs"];
  readonly hook: RefHook;
  readonly update: RefUpdate;
  readonly passage: Passage;
  /** Of the ref. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The event that the update will be. */
  readonly event: StoredEvent;
  /** What the update has done so far. */
  readonly overlay: RefOverlay;
  /** The update's time, Unix ms. */
  readonly at: number;
  /** Only says what would be done: foreign code is not run. */
  readonly dryRun: boolean;
  makeId(prefix: IdPrefix): string;
  /** What came of it. Throws where that is not known yet: then the transaction is undone, and begun again when it is. */
  ask(job: ForeignJob): HandlerOutcome;
  /** Counts what will happen after the commit. */
  promise(kind: "webhook" | "run"): void;
  /** Does it within this update, with the hooks that belong to it; returns what it did. */
  request(request: RefRequest): string;
  /** An event that is stored with the update. */
  emit(event: EventInput): void;
}

export interface Action<Config = unknown> {
  readonly schema: z.ZodType<Config>;
  /** Throws a NexusError for what a hook with such a configuration needs and does not find. */
  check(store: Store, config: Config, limits: { readonly webhook_private: boolean }): void;
  /** Returns what it did, as short texts. Throws what it fails with; an ActionFailure where foreign code said how. */
  run(config: Config, call: ActionCall): readonly string[];
}

/** Foreign code, or the server of a webhook, did not do its part. */
export class ActionFailure extends Error {
  readonly outcome: "failed" | "timeout" | "crashed";
  readonly foreignStack: string | undefined;
  readonly logs: readonly LogLine[];

  constructor({ outcome, error, stack_trace, logs }: HandlerOutcome) {
    super(error ?? outcome);
    this.outcome = outcome === "done" ? "failed" : outcome;
    this.foreignStack = stack_trace;
    this.logs = logs;
  }
}
