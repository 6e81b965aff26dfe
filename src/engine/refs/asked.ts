import type { EventInput } from "../core/event-input.ts";
import type { RefRequest } from "../core/ref-request.ts";
import type { Passage, RefAction, RefExecution, RefUpdate } from "../core/ref.ts";
import type { Store } from "../store/open.ts";

/** One ref that is to be moved, or (without passage) deleted. */
export interface AskedWrite {
  readonly ref_name: string;
  /** The id of a stored passage, or a new one that is stored with the update. */
  readonly passage?: string | Passage | undefined;
  /** Of the ref from now on; as it was, where it is not given. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  readonly action: RefAction;
  /** False: this update runs no hooks. */
  readonly hooks: boolean;
  /** The passage it must be at, or null for a ref that must not be there; REF_MOVED otherwise. */
  readonly expect?: string | null | undefined;
}

/** What is to be done in one transaction. */
export interface Asked {
  /** Rows of its own, before the refs are written: a branch that is made or deleted. */
  readonly before?: () => void;
  readonly writes: readonly AskedWrite[];
  /** What a script asked for, behind them. */
  readonly requests?: readonly RefRequest[];
  /** Events that are stored with it. */
  readonly emit?: readonly EventInput[];
  /** The same behind them: the settling of a run. */
  readonly after?: () => void;
}

/** Asked for anew in each transaction that is tried, so that it fits what is there then. Throws what is wrong with it. */
export type Ask = (store: Store) => Asked;

/** The commit of an update, or what it would be. */
export interface UpdateOutcome {
  readonly transaction_id: string;
  /** In the order in which they were done; a hook's own updates stand behind the one it belongs to. */
  readonly updates: readonly RefUpdate[];
  readonly passages: readonly Passage[];
  readonly executions: readonly RefExecution[];
  /** The events that were stored with it: one `ref_updated` for each update, and what scripts emitted. */
  readonly events: readonly string[];
  /** Things that happen after the commit, and need the daemon. */
  readonly webhooks: number;
  readonly runs: number;
}
