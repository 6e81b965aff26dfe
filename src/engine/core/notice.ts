/** Something nexus itself did; feeds logs, metrics, the TUI and tests. */
export const NOTICE_KINDS = [
  "daemon_started",
  "daemon_stopped",
  "hook_registered",
  "hook_updated",
  "hook_rolled_back",
  "hook_enabled",
  "hook_disabled",
  "hook_deleted",
  "hook_restored",
  "hook_approved",
  "hook_approval_withdrawn",
  "hook_errored",
  "one_shot_fired",
  "breaker_opened",
  "breaker_half_open",
  "breaker_closed",
  "evaluator_started",
  "evaluator_killed",
  "evaluator_crashed",
  "worker_terminated",
  "slots_missed",
  "loop_stopped",
  "pair_dead",
  "storage_failed",
  "storage_restored",
  "api_unavailable",
  "database_restored",
  "doctor_repaired",
  "retention_removed",
  "retention_blocked",
  "retention_failed",
  "log_held",
  "turn_started",
  "turn_ended",
  "dispatch_dropped",
  "dispatch_expired",
  "dispatch_failed",
  "delivery_dead",
  "outbound_disabled",
  "ref_update_failed",
  "webhook_dead",
  "run_failed",
  "source_held",
  "source_released",
  "person_added",
  "person_linked",
  "person_unlinked",
  "person_removed",
] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

export interface Notice {
  readonly id: string;
  /** Unix ms. */
  readonly at: number;
  readonly kind: NoticeKind;
  readonly hook_id?: string;
  readonly event_id?: string;
  readonly data: Readonly<Record<string, unknown>>;
}
