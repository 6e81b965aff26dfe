import type { Notice, NoticeKind } from "../../engine/core/notice.ts";
import type { Tone } from "../look/line.ts";

/** How much a notice asks for attention. */
const TONES: Readonly<Partial<Record<NoticeKind, Tone>>> = {
  breaker_opened: "bad", hook_errored: "bad", pair_dead: "bad", storage_failed: "bad", delivery_dead: "bad", webhook_dead: "bad", run_failed: "bad", dispatch_failed: "bad",
  evaluator_crashed: "bad", evaluator_killed: "warn", worker_terminated: "warn", slots_missed: "warn", loop_stopped: "warn", breaker_half_open: "warn", dispatch_dropped: "warn",
  dispatch_expired: "warn", outbound_disabled: "bad", ref_update_failed: "bad", log_held: "warn", retention_failed: "bad", retention_blocked: "warn", api_unavailable: "warn",
  breaker_closed: "good", storage_restored: "good",
};

export function noticeTone(kind: NoticeKind): Tone {
  return TONES[kind] ?? "plain";
}

/** What happened, in a line: the kind in words, its hook, and what it says of itself. */
export function noticeText({ kind, hook, data }: Pick<Notice, "kind" | "data"> & { readonly hook?: string | undefined }): string {
  const facts = Object.entries(data)
    .filter(([name, value]) => value !== undefined && value !== null && !(name === "slug" && value === hook))
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [kind.replaceAll("_", " "), ...(hook === undefined ? [] : [hook]), facts.join(", ")].filter((part) => part !== "").join("  ");
}
