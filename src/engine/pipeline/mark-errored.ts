import type { Failure } from "../runtime/job.ts";
import { deactivate } from "../store/activations.ts";
import { saveRuntimeState } from "../store/hooks.ts";
import type { Store } from "../store/open.ts";
import type { HookQueue } from "./hook-queue.ts";
import type { NoticeWriter } from "./notice-writer.ts";

/** Inside a transaction: a hook whose version cannot be loaded sees nothing more. */
export function markErrored(store: Store, queue: HookQueue, failure: Failure, at: number, notices: NoticeWriter): void {
  queue.hook = { ...queue.hook, status: "errored", last_error: failure.message };
  saveRuntimeState(store, queue.hook);
  deactivate(store, queue.hook.id, { status: "errored", reason: failure.message, at, endedBy: "errored" });
  notices.write("hook_errored", queue.hook.id, { slug: queue.hook.slug, error: failure.message });
}
