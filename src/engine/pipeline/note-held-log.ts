import type { Runtime } from "../runtime/runtime.ts";
import type { HeldLog } from "../store/checkpointer.ts";
import type { NoticeWriter } from "./notice-writer.ts";

/** A reader keeps the log from being folded back: that is said, and evaluators that may be the reader are replaced. */
export function noteHeldLog(held: HeldLog, notices: NoticeWriter, runtime: Runtime): void {
  notices.write("log_held", undefined, { ...held });
  runtime.recycle(`a hook kept a snapshot of the database open for ${held.held_ms} ms, so that its log grew to ${held.bytes} bytes`, held.pids);
}
