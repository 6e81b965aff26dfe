import { userInfo } from "node:os";
import { systemClock } from "../engine/core/clock.ts";
import { createIds } from "../engine/core/ids.ts";
import type { HoldChange } from "../engine/registry/source-holding.ts";
import type { Store } from "../engine/store/open.ts";
import type { SourceHold } from "../engine/store/source-holds.ts";
import type { Call } from "./call.ts";
import { flag } from "./call.ts";
import { emit, emitJson, isoTime, paint, printable } from "./output.ts";
import { callerFromEnv } from "./workspace.ts";

export function holdView({ source, held_at, held_by, reason }: SourceHold): Record<string, unknown> {
  return { source, held: held_at !== undefined, held_at: held_at === undefined ? undefined : isoTime(held_at), held_by, reason };
}

/** The agent whose turn it is, or the user of this system. */
export function holder(): string {
  return callerFromEnv(process.env).agent ?? userInfo().username;
}

export function holdParts(store: Store): { readonly store: Store; readonly clock: typeof systemClock; readonly ids: ReturnType<typeof createIds> } {
  return { store, clock: systemClock, ids: createIds() };
}

export function printHold(call: Call, { hold, changed, waiting, discarded }: HoldChange, sentence: string): void {
  const dryRun = flag(call, "dryRun");
  if (call.json) emitJson({ ...holdView(hold), changed, waiting, discarded, ...(dryRun ? { dry_run: true } : {}) });
  else if (call.quiet) emit(printable(hold.source));
  else emit(`${changed ? paint("green", "✓") : "·"} ${dryRun ? "[dry run] " : ""}${printable(sentence)}`);
}
