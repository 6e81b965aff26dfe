import { branchById } from "../engine/store/branches.ts";
import type { Store } from "../engine/store/open.ts";

/** The branch that another comes from, by name. */
export function parentText(store: Store, id: string | undefined): string {
  if (id === undefined) return "-";
  const parent = branchById(store, id);
  return parent === undefined ? `${id} (deleted)` : `${parent.prefix}/${parent.name}`;
}
