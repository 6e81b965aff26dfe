import { NexusError } from "../../engine/core/errors.ts";
import type { Invocation } from "../../engine/core/invocation.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import { invocationById, invocationsOf, logOf } from "../../engine/store/invocation-queries.ts";
import type { Store } from "../../engine/store/open.ts";
import type { Call, Run } from "../call.ts";
import { textOption } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, paint, printable, say } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = findHook(store, call.args[0] ?? "");
    const withLogs = chosen(store, call, hook.id).flatMap((invocation) => {
      const log = logOf(store, invocation.id);
      return log === undefined && invocation.error === undefined ? [] : [{ invocation, log: log ?? { lines: [], dropped_bytes: 0 } }];
    });
    if (call.json) {
      emitJson(withLogs.map(({ invocation, log }) => ({ invocation_id: invocation.id, event_id: invocation.event_id, started_at: isoTime(invocation.started_at), outcome: invocation.outcome, error: invocation.error, stack_trace: invocation.stack_trace, ...log })));
      return;
    }
    if (withLogs.length === 0) return say(`${hook.slug} wrote nothing in its last invocations`);
    for (const { invocation, log } of withLogs) {
      emit(paint("bold", `${isoTime(invocation.started_at)} ${invocation.id} ${printable(invocation.event_id)} ${invocation.outcome}`));
      for (const { at, level, text } of log.lines) emit(`  +${at}ms ${level.padEnd(5)} ${printable(text)}`);
      if (log.dropped_bytes > 0) emit(paint("dim", `  (${log.dropped_bytes} bytes in the middle were dropped)`));
      if (invocation.error !== undefined) emit(paint("red", `  ${printable(invocation.stack_trace ?? invocation.error).replaceAll("\n", "\n  ")}`));
    }
  });

/** Oldest first, as one reads a log. */
function chosen(store: Store, call: Call, hookId: string): Invocation[] {
  const id = textOption(call, "invocation");
  if (id === undefined) return invocationsOf(store, hookId, { limit: countOption(call, "last", 20) }).toReversed();
  const invocation = invocationById(store, id);
  if (invocation?.hook_id !== hookId) throw new NexusError("INVOCATION_NOT_FOUND", `the hook has no invocation ${JSON.stringify(id)}`);
  return [invocation];
}
