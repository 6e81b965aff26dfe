import { NexusError } from "../engine/core/errors.ts";
import type { RefHandler } from "../engine/core/ref.ts";
import { describePermissions } from "../engine/core/hook-permissions.ts";
import { findHandler, registerHandler, removeHandler } from "../engine/refs/handler-change.ts";
import { driftOf } from "../engine/registry/script-store.ts";
import type { Call } from "./call.ts";
import { flag } from "./call.ts";
import { emit, emitJson, isoTime, oneLine, paint, printable } from "./output.ts";
import { callerFromEnv, withStore } from "./workspace.ts";

type Kind = RefHandler["kind"];

export function handlerView({ created_at, ...handler }: RefHandler): Record<string, unknown> {
  return { ...handler, created_at: isoTime(created_at) };
}

/** `refs actions register`, `runs processors register`. */
export async function registerFromCall(call: Call, kind: Kind): Promise<void> {
  const [name = "", path = ""] = call.args;
  const { prepareForCall } = await import("./authoring.ts");
  const prepared = await prepareForCall(call, path);
  await withStore(call, "create", (store) => {
    const dryRun = flag(call, "dryRun");
    const { handler, before, changed } = registerHandler(store, kind, name, prepared, { upsert: flag(call, "upsert"), created_by: callerFromEnv(process.env).agent, now: Date.now(), dryRun });
    if (call.json) return emitJson({ ...handlerView(handler), changed, warnings: prepared.findings, ...(dryRun ? { dry_run: true } : {}) });
    if (call.quiet) return emit(name);
    const what = !changed ? "unchanged" : before === undefined ? "registered" : `is version ${handler.version} now`;
    const permissions = describePermissions(handler.metadata.permissions);
    emit(`${changed ? paint("green", "✓") : "·"} ${dryRun ? "[dry run] " : ""}${kind === "action" ? "Action" : "Processor"} ${name} ${what}${permissions === "none" ? "" : `\n  Permissions: ${oneLine(permissions)}`}`);
  });
}

/** `refs actions show`, `runs processors show`. */
export async function showFromCall(call: Call, kind: Kind): Promise<void> {
  await withStore(call, "must exist", (store) => {
    const handler = findHandler(store, kind, call.args[0] ?? "");
    const drift = driftOf(handler);
    if (call.json) return emitJson({ ...handlerView(handler), drift });
    const { name, version, source_path, created_at, metadata } = handler;
    emit(paint("bold", printable(`${name}  version ${version}, ${isoTime(created_at)}`)));
    if (metadata.description !== undefined) emit(`  ${oneLine(metadata.description)}`);
    emit(printable(`  Script ${source_path}${drift === "unchanged" ? "" : ` (${drift} since then)`}`));
    emit(printable(`  Permissions ${describePermissions(metadata.permissions)}, at most ${metadata.limits.timeout_ms} ms`));
  });
}

/** `refs actions remove`, `runs processors remove`. */
export async function removeFromCall(call: Call, kind: Kind): Promise<void> {
  await withStore(call, "change", (store) => {
    const dryRun = flag(call, "dryRun");
    const handler = removeHandler(store, kind, call.args[0] ?? "", dryRun);
    if (call.json) return emitJson({ ...handlerView(handler), removed: !dryRun, ...(dryRun ? { dry_run: true } : {}) });
    emit(call.quiet ? handler.name : `${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${handler.name} removed`);
  });
}

/** What can be retried or cancelled, and is not in the state for it. */
export function wrongState(id: string, status: string, only: string): NexusError {
  return new NexusError("RUN_WRONG_STATE", `${id} is ${status}: only ${only}`);
}
