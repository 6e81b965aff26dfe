import type { Event, StoredEvent } from "../engine/core/event.ts";
import type { Hook, HookMetadata, HookVersion } from "../engine/core/hook.ts";
import type { Invocation } from "../engine/core/invocation.ts";
import { isSkip } from "../engine/core/invocation.ts";
import { stageVerdict } from "../engine/core/request.ts";
import type { Person } from "../engine/core/person.ts";
import { isoTime } from "./output.ts";

/** What `--json` prints of the vocabulary: the tables' names, times as ISO 8601, nothing that is not there. */
export function hookView(hook: Hook): Record<string, unknown> {
  const { version } = hook;
  const { metadata } = version;
  return {
    id: hook.id,
    slug: hook.slug,
    name: metadata.name,
    description: metadata.description,
    mode: metadata.mode,
    status: hook.status,
    stage: metadata.stage,
    required: metadata.required,
    version: version.version,
    version_id: version.id,
    previous_version_id: version.previous_version_id,
    script_path: version.script_path,
    script_hash: version.script_hash,
    source_path: version.source_path,
    triggers: metadata.triggers,
    schedule: metadata.schedule,
    config: metadata.config,
    limits: metadata.limits,
    isolation: metadata.isolation,
    permissions: metadata.permissions ?? {},
    priority: metadata.priority,
    created_by_agent: hook.creator.agent,
    created_by_session: hook.creator.session,
    created_by_thread: hook.creator.thread,
    created_by_persona: hook.creator.persona,
    created_at: isoTime(hook.created_at),
    updated_at: isoTime(hook.updated_at),
    disabled_at: time(hook.disabled_at),
    disabled_reason: hook.disabled_reason,
    deleted_at: time(hook.deleted_at),
    approved_at: time(version.approved?.at),
    approved_by: version.approved?.by,
    last_triggered: time(hook.last_triggered),
    trigger_count: hook.trigger_count,
    last_error: hook.last_error,
    consecutive_errors: hook.consecutive_errors,
    circuit_state: hook.circuit_state,
    circuit_opened_at: time(hook.circuit_opened_at),
  };
}

/** Where a stage hook stands; an automation needs no line. */
export function stageLines({ stage, priority, required }: Pick<HookMetadata, "stage" | "priority" | "required">): string[] {
  return stage === "runAutomations" ? [] : [`Stage: ${stage}, priority ${priority}${required === true ? ", required" : ""}`];
}

export function versionView(version: HookVersion, current: boolean): Record<string, unknown> {
  const { id, script_path, script_hash, source_path, source_hash, previous_version_id, creator, created_at, approved } = version;
  return { id, version: version.version, current, previous_version_id, script_path, script_hash, source_path, source_hash, permissions: version.metadata.permissions ?? {}, created_by_agent: creator.agent, created_at: isoTime(created_at), approved_at: time(approved?.at), approved_by: approved?.by };
}

export function eventView(event: Event | StoredEvent): Record<string, unknown> {
  return { ...event, timestamp: isoTime(event.timestamp), received_at: isoTime(event.received_at) };
}

export function invocationView(invocation: Invocation, slug?: string): Record<string, unknown> {
  return { ...invocation, ...(slug === undefined ? {} : { hook: slug }), started_at: isoTime(invocation.started_at), finished_at: isoTime(invocation.finished_at) };
}

export function personView({ id, slug, canonical_name, type, relationship, contacts }: Person): Record<string, unknown> {
  return { id, slug, canonical_name, type, relationship, contacts };
}

/** The `Fired` column; of a stage hook, what it did. */
export function firedWord(invocation: Invocation): string {
  if (invocation.stage !== undefined) return stageVerdict(invocation).replace("_", " ");
  if (isSkip(invocation.outcome)) return invocation.outcome.replace("_", " ");
  return invocation.fired ? "yes" : "no";
}

function time(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms);
}
