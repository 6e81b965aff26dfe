import type { ErrorCode } from "../engine/core/errors.ts";
import { NexusError } from "../engine/core/errors.ts";
import type { Store } from "../engine/store/open.ts";
import { flag, type Call } from "./call.ts";
import { wrongState } from "./handler-call.ts";
import { emit, emitJson, paint } from "./output.ts";
import { withStore } from "./workspace.ts";

/** How a row that waits to be done, by its id, is cancelled or tried again. */
interface WaitingChange<Item extends { readonly status: string }> {
  readonly find: (store: Store, id: string) => Item | undefined;
  readonly missing: { readonly code: ErrorCode; readonly noun: string; readonly list: string };
  /** The states in which it makes sense, and that in words. */
  readonly from: readonly Item["status"][];
  readonly hint: string;
  readonly change: (store: Store, id: string) => void;
  readonly view: (item: Item) => Record<string, unknown>;
  /** `ID cancelled` */
  readonly done: string;
}

/** In one transaction: found, in a fitting state, changed; with --dry-run all but the last. */
export function changeWaiting<Item extends { readonly status: string }>(call: Call, how: WaitingChange<Item>): Promise<void> {
  return withStore(call, "change", (store) => {
    const [id = ""] = call.args;
    const dryRun = flag(call, "dryRun");
    const found = store.write(() => {
      const before = how.find(store, id);
      if (before === undefined) throw new NexusError(how.missing.code, `no ${how.missing.noun} has the id ${JSON.stringify(id)}`, { next: [how.missing.list] });
      if (!how.from.includes(before.status)) throw wrongState(id, before.status, how.hint);
      if (!dryRun) how.change(store, id);
      return how.find(store, id) ?? before;
    });
    if (call.json) return emitJson({ ...how.view(found), ...(dryRun ? { dry_run: true } : {}) });
    emit(call.quiet ? id : `${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${id} ${how.done}`);
  });
}
