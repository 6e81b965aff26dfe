import type { HookChange } from "../engine/refs/hook-change.ts";
import type { Call } from "./call.ts";
import { emit, emitJson, paint, printable } from "./output.ts";
import { refHookView } from "./ref-views.ts";

/** What the commands print that change a hook on a ref. */
export function printRefHook(call: Call, { hook, changed }: HookChange, sentence: string, dryRun: boolean): void {
  if (call.json) emitJson({ ...refHookView(hook), changed, ...(dryRun ? { dry_run: true } : {}) });
  else if (call.quiet) emit(printable(hook.id));
  else emit(`${changed ? paint("green", "✓") : "·"} ${dryRun ? "[dry run] " : ""}${printable(sentence)}`);
}
