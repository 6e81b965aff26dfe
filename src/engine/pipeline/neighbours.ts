import { NexusError } from "../core/errors.ts";
import { isCurrentEpoch } from "../store/epoch.ts";
import type { Store } from "../store/open.ts";

/** Sees whether other processes have committed. */
export class Neighbours {
  readonly #store: Store;
  /** This daemon's number; without one there is no other to fear. */
  readonly #epoch: number | undefined;
  #version = -1;

  constructor(store: Store, epoch: number | undefined) {
    this.#store = store;
    this.#epoch = epoch;
  }

  /** Whether somebody has, since `changed` was asked; costs a look, and changes nothing. */
  get areActive(): boolean {
    return this.#store.dataVersion() !== this.#version;
  }

  /** First in a transaction: whether somebody has since it was last asked. Throws DAEMON_SUPERSEDED when that was another daemon. */
  changed(): boolean {
    const version = this.#store.dataVersion();
    if (version === this.#version) return false;
    this.#version = version;
    if (this.#epoch !== undefined && !isCurrentEpoch(this.#store, this.#epoch)) throw new NexusError("DAEMON_SUPERSEDED", `another daemon has started on ${this.#store.path}`);
    return true;
  }
}
