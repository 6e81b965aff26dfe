import type { Branch, Passage, Ref, RefExecution, RefHook, RefUpdate, Scope } from "../engine/core/ref.ts";
import type { AuditEntry } from "../engine/store/audit.ts";
import type { RefWebhook } from "../engine/store/ref-outbox.ts";
import type { Run } from "../engine/store/runs.ts";
import { isoTime } from "./output.ts";

/** What `--json` prints of refs: the tables' names, times as ISO 8601, nothing that is not there. */
export function passageView({ created_at, ...passage }: Passage): Record<string, unknown> {
  return { ...passage, created_at: isoTime(created_at) };
}

export function refView({ created_at, updated_at, ...ref }: Ref): Record<string, unknown> {
  return { ...ref, created_at: isoTime(created_at), updated_at: isoTime(updated_at) };
}

export function updateView({ created_at, seq: _seq, ...update }: RefUpdate): Record<string, unknown> {
  return { ...update, created_at: isoTime(created_at) };
}

export function branchView({ created_at, ...branch }: Branch): Record<string, unknown> {
  return { ...branch, created_at: isoTime(created_at) };
}

export function refHookView({ created_at, ...hook }: RefHook): Record<string, unknown> {
  return { ...hook, created_at: isoTime(created_at) };
}

export function executionView({ started_at, finished_at, ...execution }: RefExecution): Record<string, unknown> {
  return { ...execution, started_at: isoTime(started_at), finished_at: isoTime(finished_at) };
}

export function scopeView({ created_at, updated_at, refreshed_at, ...scope }: Scope): Record<string, unknown> {
  return { ...scope, created_at: isoTime(created_at), updated_at: isoTime(updated_at), ...(refreshed_at === undefined ? {} : { refreshed_at: isoTime(refreshed_at) }) };
}

export function auditView({ at, ...row }: AuditEntry): Record<string, unknown> {
  return { ...row, at: isoTime(at) };
}

export function runView({ created_at, started_at, settled_at, not_before, ...run }: Run): Record<string, unknown> {
  return { ...run, created_at: isoTime(created_at), ...(not_before === 0 ? {} : { not_before: isoTime(not_before) }), ...(started_at === undefined ? {} : { started_at: isoTime(started_at) }), ...(settled_at === undefined ? {} : { settled_at: isoTime(settled_at) }) };
}

export function webhookView({ created_at, settled_at, not_before, ...webhook }: RefWebhook): Record<string, unknown> {
  return { ...webhook, created_at: isoTime(created_at), ...(not_before === 0 ? {} : { not_before: isoTime(not_before) }), ...(settled_at === undefined ? {} : { settled_at: isoTime(settled_at) }) };
}
