import type { Hook } from "../core/hook.ts";
import { activationsAt, lastActivationSeq, nextActivationBoundary } from "../store/activations.ts";
import { versionById } from "../store/hook-versions.ts";
import { hookById } from "../store/hooks.ts";
import type { Store } from "../store/open.ts";
import { TriggerIndex } from "../registry/trigger-index.ts";

/**
 * Trigger indexes of the past. An event is matched against the versions that were active when it was accepted, also
 * when it is routed later: after a crash, or because another process stored it before a hook was changed.
 */
export class EraIndex {
  readonly #store: Store;
  #lastChange = 0;
  #era: { readonly index: TriggerIndex; readonly from: number; readonly until: number } | undefined;

  constructor(store: Store) {
    this.#store = store;
    this.refresh();
  }

  /** The activations were changed. */
  refresh(): void {
    this.#lastChange = lastActivationSeq(this.#store);
    this.#era = undefined;
  }

  /** The index for an event of that seq; undefined when the one of now is right. */
  indexFor(seq: number): TriggerIndex | undefined {
    if (seq > this.#lastChange) return undefined;
    if (this.#era === undefined || seq < this.#era.from || seq > this.#era.until) {
      const until = nextActivationBoundary(this.#store, seq) ?? this.#lastChange;
      this.#era = { index: this.#build(seq), from: seq, until };
    }
    return this.#era.index;
  }

  #build(seq: number): TriggerIndex {
    const index = new TriggerIndex();
    for (const { hook_id, version_id } of activationsAt(this.#store, seq)) {
      const hook = hookById(this.#store, hook_id);
      const version = versionById(this.#store, version_id);
      if (hook === undefined || version?.metadata.stage !== "runAutomations") continue;
      // Matched by the old version's triggers, and run by the version that is current when its turn comes.
      const then: Hook = { ...hook, version };
      index.add(then);
    }
    return index;
  }
}
