import type { Creator } from "../engine/core/hook.ts";
import type { Change } from "../engine/registry/registry.ts";
import type { HookRegistry } from "../engine/registry/registry.ts";
import type { Call } from "./call.ts";
import { flag } from "./call.ts";
import { emit, emitJson, paint } from "./output.ts";
import { hookView } from "./views.ts";
import { callerFromEnv, withStore } from "./workspace.ts";

/** The common way of the commands that change one hook: do it, then print the hook, or a sentence about it. */
export async function changeHook(
  call: Call,
  act: (registry: HookRegistry, write: { creator: Creator; dryRun: boolean }) => Change,
  sentence: (change: Change) => string,
): Promise<void> {
  const { registryOf } = await import("./authoring.ts");
  await withStore(call, "change", (store) => {
    const dryRun = flag(call, "dryRun");
    const change = act(registryOf(store, call.home), { creator: callerFromEnv(process.env), dryRun });
    printChange(call, change, sentence(change), dryRun);
  });
}

export function printChange(call: Call, change: Change, sentence: string, dryRun: boolean, extra: Record<string, unknown> = {}): void {
  if (call.json) emitJson({ ...hookView(change.hook), changed: change.changed, ...(dryRun ? { dry_run: true } : {}), ...extra });
  else if (call.quiet) emit(change.hook.id);
  else emit(`${change.changed ? paint("green", "✓") : "·"} ${dryRun ? "[dry run] " : ""}${sentence}`);
}
