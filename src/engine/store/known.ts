import type { Store } from "./open.ts";

/** More is forgotten at once and learnt again. */
const MOST = 20_000;

interface Known {
  dataVersion: number;
  rollbacks: number;
  readonly threads: Set<string>;
  /** `channel`, newline, sender → id of the contact. */
  readonly contacts: Map<string, string>;
}

const knownOf = new WeakMap<Store, Known>();

/**
 * Threads and contacts that this connection has seen in the database, so that a message of a known sender in a known
 * thread costs no look-up. Forgotten when another process has written, or a transaction of this one was undone.
 */
export function known(store: Store): Pick<Known, "threads" | "contacts"> {
  const dataVersion = store.dataVersion();
  let one = knownOf.get(store);
  if (one === undefined || one.dataVersion !== dataVersion || one.rollbacks !== store.rollbacks || one.threads.size > MOST || one.contacts.size > MOST) {
    one = { dataVersion, rollbacks: store.rollbacks, threads: new Set(), contacts: new Map() };
    knownOf.set(store, one);
  }
  return one;
}
