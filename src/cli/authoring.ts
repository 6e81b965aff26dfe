import { loadConfig, type Config } from "../engine/config.ts";
import { systemClock } from "../engine/core/clock.ts";
import type { Finding } from "../engine/core/errors.ts";
import { NexusError } from "../engine/core/errors.ts";
import type { Hook } from "../engine/core/hook.ts";
import { HOOK_MODES } from "../engine/core/hook.ts";
import { createIds } from "../engine/core/ids.ts";
import { validateSchedule } from "../engine/pipeline/schedule.ts";
import { inspectBundle } from "../engine/registry/authoring/inspect.ts";
import type { PreparedScript, PrepareOptions } from "../engine/registry/authoring/prepare-script.ts";
import { prepareScript } from "../engine/registry/authoring/prepare-script.ts";
import { HookRegistry } from "../engine/registry/registry.ts";
import type { Store } from "../engine/store/open.ts";
import type { Call } from "./call.ts";
import { flag, textOption } from "./call.ts";
import { choiceOption } from "./options.ts";
import { findingLine, say } from "./output.ts";

export function prepareOptions(config: Config, flags: PrepareOptions["flags"]): PrepareOptions {
  const { timeout_ms, concurrency, memory_mb, llm_calls, max_fires_per_hour, load_timeout_ms } = config.hooks;
  return {
    flags,
    now: systemClock.now(),
    defaultLimits: { timeout_ms, concurrency, memory_mb, llm_calls, max_fires_per_hour },
    loadTimeoutMs: load_timeout_ms,
    inspect: inspectBundle,
    validateSchedule: (schedule, now) => validateSchedule(schedule, { now }),
  };
}

/** Prepares the script of a call, with `--name`, `--mode` and `--description`; type findings go to stderr, or refuse (`--strict`). */
export async function prepareForCall(call: Call, path: string, replaces?: Hook): Promise<PreparedScript> {
  const name = textOption(call, "name");
  const description = textOption(call, "description");
  const mode = choiceOption(call, "mode", HOOK_MODES);
  const flags = { ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }), ...(mode === undefined ? {} : { mode }) };
  const prepared = await prepareScript(path, { ...prepareOptions(loadConfig(call.home), flags), inherited: replaces === undefined ? undefined : inheritedFrom(replaces) });
  if (prepared.findings.length === 0) return prepared;
  const faults = prepared.findings.filter((finding) => !isWarning(finding));
  if (flag(call, "strict") && faults.length > 0) {
    throw new NexusError("SCRIPT_TYPES", `${path} has ${faults.length} finding${faults.length === 1 ? "" : "s"}; --strict refuses it`, { findings: faults });
  }
  if (!call.json) for (const finding of prepared.findings) say(`warning: ${findingLine(finding)}`);
  return prepared;
}

/** A name, a mode or a description that was given once holds until a script or a flag says something else. */
function inheritedFrom({ version }: Hook): PrepareOptions["inherited"] {
  const { name, mode, description } = version.metadata;
  return { name, mode, ...(description === undefined ? {} : { description }) };
}

/** Worth saying, no reason to refuse: with umask 002, the default of many systems, every file is group-writable. */
export function isWarning(finding: Finding): boolean {
  return finding.code === "SCRIPT_GROUP_WRITABLE";
}

export function registryOf(store: Store, home: string): HookRegistry {
  return new HookRegistry({ store, clock: systemClock, ids: createIds(), deleteRetentionDays: loadConfig(home).hooks.delete_retention_days });
}
