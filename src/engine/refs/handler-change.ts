import { NexusError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import { BUILT_IN_ACTIONS, type RefHandler } from "../core/ref.ts";
import { REQUESTS_PROCESSOR } from "../core/ref-request.ts";
import { sameMetadata, type NewScript } from "../registry/hook-change.ts";
import { storeScript } from "../registry/script-store.ts";
import { hookThatNames, listRefHooks } from "../store/ref-hooks.ts";
import { deleteHandler, handlerByName, listHandlers, saveHandler } from "../store/ref-handlers.ts";
import { countOpenRuns } from "../store/runs.ts";
import type { Store } from "../store/open.ts";

type Kind = RefHandler["kind"];

export interface HandlerChange {
  readonly handler: RefHandler;
  readonly before?: RefHandler;
  readonly changed: boolean;
}

interface RegisterOptions {
  readonly upsert: boolean;
  readonly created_by?: string | undefined;
  readonly now: number;
  readonly dryRun: boolean;
}

const RESERVED: Readonly<Record<Kind, readonly string[]>> = { action: BUILT_IN_ACTIONS, processor: [REQUESTS_PROCESSOR] };

/** Puts a script behind the name of an action or a processor; what begins from now on runs it. Throws USAGE, HANDLER_EXISTS, METADATA_INVALID. */
export function registerHandler(store: Store, kind: Kind, name: string, script: NewScript, { upsert, created_by, now, dryRun }: RegisterOptions): HandlerChange {
  if (!/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) throw new NexusError("USAGE", `the name of the ${kind} is ${JSON.stringify(name.slice(0, 80))}: expected lower case letters, digits, - and _, at most 64`);
  if (RESERVED[kind].includes(name)) throw new NexusError("HANDLER_EXISTS", `${name} is built in; give the ${kind} another name`);
  refuseHookMetadata(script);
  const before = handlerByName(store, kind, name);
  const metadata = { ...script.metadata, name };
  if (before !== undefined && before.script_hash === script.bundleHash && sameMetadata(before.metadata, metadata)) return { handler: before, before, changed: false };
  if (before !== undefined && !upsert) throw new NexusError("HANDLER_EXISTS", `the ${kind} ${name} is registered with another script, ${before.source_path}`, { hint: "--upsert puts this one in its place" });
  const path = dryRun ? "" : storeScript(store.hooksFolder, script.bundle, script.bundleHash);
  return store.write(() => {
    const latest = handlerByName(store, kind, name);
    const handler: RefHandler = {
      kind, name, version: (latest?.version ?? 0) + 1, script_path: path, script_hash: script.bundleHash, source_path: script.sourcePath, source_hash: script.sourceHash, metadata, created_at: now,
      ...(created_by === undefined ? {} : { created_by }),
    };
    if (!dryRun) saveHandler(store, handler);
    return { handler, changed: true, ...(latest === undefined ? {} : { before: latest }) };
  });
}

/** Throws ACTION_NOT_FOUND, PROCESSOR_NOT_FOUND. */
export function findHandler(store: Store, kind: Kind, name: string): RefHandler {
  const handler = handlerByName(store, kind, name);
  if (handler !== undefined) return handler;
  const [code, list] = kind === "action" ? (["ACTION_NOT_FOUND", "nexus refs actions list"] as const) : (["PROCESSOR_NOT_FOUND", "nexus runs processors list"] as const);
  if (RESERVED[kind].includes(name)) throw new NexusError(code, `the ${kind} ${name} is built in: there is no script behind it`, { next: [list] });
  throw new NexusError(code, `no ${kind} ${JSON.stringify(name)} is registered`, { did_you_mean: nearest(name, listHandlers(store, kind).map((one) => one.name)), next: [list] });
}

/** Throws HANDLER_IN_USE while an enabled hook, or a run that is not ended, names it. */
export function removeHandler(store: Store, kind: Kind, name: string, dryRun: boolean): RefHandler {
  return store.write(() => {
    const handler = findHandler(store, kind, name);
    const user = kind === "action" ? listRefHooks(store, { action_type: name, enabledOnly: true, limit: 1 })[0] : hookThatNames(store, "trigger_run", "processor_type", name);
    if (user !== undefined) throw new NexusError("HANDLER_IN_USE", `the ${kind} ${name} is used by the hook ${user.id} on ${user.ref_name}`, { next: [`nexus refs hooks delete ${user.id}`] });
    const open = kind === "processor" ? countOpenRuns(store, name) : 0;
    if (open > 0) throw new NexusError("HANDLER_IN_USE", `${open} ${open === 1 ? "run waits" : "runs wait"} for the processor ${name}`, { next: ["nexus runs list --status pending"] });
    if (!dryRun) deleteHandler(store, kind, name);
    return handler;
  });
}

/** It is called by what names it, and by nothing else. */
function refuseHookMetadata({ sourcePath, metadata }: NewScript): void {
  const { triggers, schedule, stage, mode } = metadata;
  const extra = Object.keys(triggers ?? {}).length > 0 ? "triggers" : schedule !== undefined ? "schedule" : stage !== "runAutomations" ? "stage" : mode === "one-shot" ? "mode" : undefined;
  if (extra !== undefined) throw new NexusError("METADATA_INVALID", `${sourcePath}: \`${extra}\` is for hooks; an action or a processor is called by its name`, { hint: `remove \`${extra}\`, or register the script with nexus hooks register` });
}
