import { denialText } from "../core/access-policy.ts";
import type { Principal, StoredEvent } from "../core/event.ts";
import { storedPrincipal } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { Invocation } from "../core/invocation.ts";
import { isFailure, isSkip } from "../core/invocation.ts";
import { mismatchText, type Mismatch } from "../core/mismatch.ts";
import { stageVerdict } from "../core/request.ts";
import type { RefExecution } from "../core/ref.ts";
import { HOUR_MS } from "../core/retention.ts";
import { mismatch } from "../registry/trigger-match.ts";
import { activationsAt, activationsOf } from "../store/activations.ts";
import { eventById } from "../store/event-queries.ts";
import { eventRequest, seenEvent } from "../store/event-requests.ts";
import { versionById } from "../store/hook-versions.ts";
import { isHeldEvent } from "../store/held-events.ts";
import { hookById, listHooks } from "../store/hooks.ts";
import { invocationsOfEvent } from "../store/invocation-queries.ts";
import { getMeta } from "../store/meta.ts";
import { executionsOfUpdate } from "../store/ref-executions.ts";
import { runsOf, type Run } from "../store/runs.ts";
import type { Store } from "../store/open.ts";
import { sourceHold } from "../store/source-holds.ts";
import { eventNotFound } from "../store/retention/event-not-found.ts";
import { foldedOutcomes } from "../store/retention/invocation-walk.ts";

/**
 * Why a hook did, or did not, act on an event. The interesting ones first, which is the order they are listed in.
 *
 * `fired`, `failed`, `no_fire`, `skipped`: it was evaluated, or its turn came. `pending`: it matched and its turn has
 * not come. `held`: it matched, and the source of the event is held. `asked`: a stage hook answered. `folded`: it was evaluated, or skipped, and did not fire; its row became part of the hourly counters.
 * `denied`, `suppressed`: stored without being evaluated, because of an access policy, or of the loop guard.
 * `not_reached`: a stage hook that matches, and that no request of the event has come to. `no_record`: it matched and its outcome is no longer kept. The rest: it was not to see the event.
 */
export const VERDICTS = [
  "fired",
  "failed",
  "skipped",
  "held",
  "pending",
  "asked",
  "no_fire",
  "folded",
  "denied",
  "suppressed",
  "no_record",
  "not_active_then",
  "not_registered_then",
  "deleted",
  "not_reached",
  "addressed_to_another",
  "trigger_did_not_match",
] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface WhyEntry {
  readonly hook_id: string;
  readonly hook: string;
  readonly verdict: Verdict;
  /** One sentence. */
  readonly because: string;
  readonly invocation_id?: string;
  readonly outcome?: Invocation["outcome"];
  readonly latency_ms?: number;
  /** The condition of its trigger that failed. */
  readonly mismatch?: Mismatch;
  /** The version whose triggers were asked. */
  readonly version?: number;
}

export interface Why {
  readonly event: StoredEvent;
  /** Who it came from, as known when it was stored, or as stage hooks have it. */
  readonly principal: Principal;
  readonly hooks: readonly WhyEntry[];
  /** Its source is held, or was and the event's turn has not come: one sentence. */
  readonly held?: string;
  /** Of a `ref_updated` event: what the hooks on the ref did in its transaction. */
  readonly ref_hooks?: readonly RefExecution[];
  /** Of a request of an ordinary hook, and of an update: what came of it after the commit. */
  readonly runs?: readonly Run[];
}

/** Explains one hook, or all that exist and those that were to see the event. Throws EVENT_NOT_FOUND. */
export function whyEvent(store: Store, eventId: string, hook?: Hook): Why {
  const stored = eventById(store, eventId);
  if (stored === undefined) throw eventNotFound(store, eventId);
  const event = seenEvent(store, stored);
  // A stage hook may have been asked about several requests.
  const invocations = Map.groupBy(invocationsOfEvent(store, event.id), ({ hook_id }) => hook_id);
  const active = new Map(activationsAt(store, event.seq).map(({ hook_id, version_id }) => [hook_id, version_id]));
  const behind = event.seq > (getMeta(store, "eval_cursor") ?? 0);
  const held = behind || isHeldEvent(store, event) ? waitsOf(store, event) : undefined;
  const evaluated = !behind && held === undefined;
  const hooks = hook === undefined ? concerned(store, [...invocations.keys(), ...active.keys()]) : [hook];
  const entries = hooks.flatMap((one) => (invocations.get(one.id) ?? [undefined]).map((invocation) => explain(store, one, { event, invocation, versionId: active.get(one.id), evaluated, held })));
  return { event: stored, principal: storedPrincipal(event), hooks: entries.sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict)), ...(held === undefined ? {} : { held: held.because }), ...ofRef(store, event) };
}

/** Why an event that has no outcomes yet waits longer than others; undefined when nobody said so. */
function waitsOf(store: Store, { seq, source_adapter: source }: StoredEvent): Pick<WhyEntry, "verdict" | "because"> | undefined {
  const hold = sourceHold(store, source);
  if (hold === undefined) return undefined;
  if (seq <= (hold.discard_until_seq ?? 0)) return { verdict: "pending", because: `it is to get its row without being evaluated: ${hold.discard_reason ?? "discarded"}; \`nexus serve\` does that` };
  if (hold.held_at === undefined) return { verdict: "pending", because: `its source was released, and its turn has not come; \`nexus serve\` does that` };
  const reason = hold.reason === undefined ? "" : ` (${hold.reason})`;
  return { verdict: "held", because: `held since ${new Date(hold.held_at).toISOString()} by ${hold.held_by ?? "somebody"}${reason}; release with \`nexus sources release ${source}\`` };
}

function ofRef(store: Store, { id, type, channel, source_id }: StoredEvent): Pick<Why, "ref_hooks" | "runs"> {
  if (channel !== "ref") return {};
  const ref_hooks = type === "ref_updated" ? executionsOfUpdate(store, source_id) : [];
  const runs = type === "ref_updated" ? runsOf(store, { update_id: source_id }) : runsOf(store, { event_id: id });
  return { ...(ref_hooks.length === 0 ? {} : { ref_hooks }), ...(runs.length === 0 ? {} : { runs }) };
}

/** Existing hooks in the order of their creation, then deleted ones that had to do with the event. */
function concerned(store: Store, involved: readonly string[]): Hook[] {
  const existing = listHooks(store);
  const known = new Set(existing.map(({ id }) => id));
  const deleted = [...new Set(involved)].filter((id) => !known.has(id)).flatMap((id) => hookById(store, id) ?? []);
  return [...existing, ...deleted];
}

interface Facts {
  readonly event: StoredEvent;
  readonly invocation: Invocation | undefined;
  /** The version that was to see the event when it was accepted. */
  readonly versionId: string | undefined;
  /** Evaluation has passed the event. */
  readonly evaluated: boolean;
  /** It waits because of a word on its source. */
  readonly held: Pick<WhyEntry, "verdict" | "because"> | undefined;
}

function explain(store: Store, hook: Hook, { event, invocation, versionId, evaluated, held }: Facts): WhyEntry {
  const who = { hook_id: hook.id, hook: hook.slug };
  if (invocation !== undefined) return { ...who, ...outcomeOf(invocation) };
  const version = versionId === undefined ? undefined : versionById(store, versionId);
  if (version === undefined) return { ...who, ...inactive(store, hook, event) };
  const asked = { ...who, version: version.version };
  const failed = mismatch({ ...hook, version }, event, storedPrincipal(event));
  if (failed?.condition === "addressed_to") {
    return { ...asked, verdict: "addressed_to_another", because: `the event ${event.replay_of === undefined ? "is a slot of" : "was replayed for"} the hook ${hookById(store, String(failed.actual))?.slug ?? String(failed.actual)}${event.replay_of === undefined ? "" : " alone"}`, mismatch: failed };
  }
  if (failed !== undefined) return { ...asked, verdict: "trigger_did_not_match", because: triggerText(failed), mismatch: failed };
  const { stage } = version.metadata;
  if (stage !== "runAutomations") return { ...asked, verdict: "not_reached", because: `it matches, and no request of the event has come to its stage, ${stage}` };
  if (event.suppressed === "denied") return { ...asked, verdict: "denied", because: denialText(event) };
  if (event.suppressed === "agent_to_agent") return { ...asked, verdict: "suppressed", because: "one agent sent it to another: no hook is asked" };
  if (event.suppressed === "stage_hook") return { ...asked, verdict: "suppressed", because: eventRequest(store, event.id)?.ended ?? "a stage hook ended it" };
  if (event.suppressed !== undefined) {
    return { ...asked, verdict: "suppressed", because: `the loop guard stopped it: ${event.depth} causes stand before the event (events.max_depth)` };
  }
  if (held !== undefined) return { ...asked, ...held };
  if (!evaluated) return { ...asked, verdict: "pending", because: "it matches, and has not been evaluated yet; `nexus serve` does that" };
  return { ...asked, ...withoutRow(store, hook, event) };
}

/** Only what neither fired nor failed is folded; what did is kept for longer, and noted when it goes. */
function withoutRow(store: Store, hook: Hook, event: StoredEvent): Pick<WhyEntry, "verdict" | "because"> {
  const received = event.received_at;
  const folded = received > (getMeta(store, "invocations_horizon_at") ?? 0) && foldedOutcomes(store, hook.id, received, Number.MAX_SAFE_INTEGER).length > 0;
  if (!folded) return { verdict: "no_record", because: "it matched, and its outcome is no longer kept" };
  const near = foldedOutcomes(store, hook.id, received, received + HOUR_MS).map(({ outcome, rows }) => `${rows} ${outcome}`);
  const counts = near.length === 0 ? "" : `; of that time it has ${near.join(", ")}`;
  return { verdict: "folded", because: `evaluated, did not fire; the row was folded into hourly counters (retention)${counts}` };
}

function outcomeOf(invocation: Invocation): Pick<WhyEntry, "verdict" | "because" | "invocation_id" | "outcome" | "latency_ms"> {
  const { id, outcome, latency_us, reason, error } = invocation;
  const facts = { invocation_id: id, outcome, latency_ms: latency_us / 1_000 };
  const where = invocation.stage === undefined ? "" : `at ${invocation.stage}: `;
  if (isSkip(outcome)) return { ...facts, verdict: "skipped", because: `${where}${reason ?? outcome}` };
  if (isFailure(outcome)) return { ...facts, verdict: "failed", because: `${where}${error ?? outcome}` };
  const note = reason === undefined ? "" : ` (${reason})`;
  if (invocation.stage !== undefined) return { ...facts, verdict: "asked", because: `${stageText(invocation)}${note}` };
  return outcome === "fired" ? { ...facts, verdict: "fired", because: `it returned fire: true${note}` } : { ...facts, verdict: "no_fire", because: `it returned fire: false${note}` };
}

function stageText(invocation: Invocation): string {
  const { stage, request_id, result } = invocation;
  const { patch = {} } = (result ?? {}) as { patch?: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  const fields = Object.entries(patch).flatMap(([part, changes]) => Object.keys(changes).map((field) => `${part}.${field}`));
  const did = { patched: `patched ${fields.join(", ")}`, skipped: "skipped the rest of the request" }[stageVerdict(invocation)] ?? "changed nothing";
  return `at ${stage} of ${request_id} it ${did}`;
}

function inactive(store: Store, hook: Hook, event: StoredEvent): Pick<WhyEntry, "verdict" | "because"> {
  const before = activationsOf(store, hook.id).filter(({ from_seq }) => from_seq < event.seq);
  const last = before.at(-1);
  if (last === undefined) {
    return { verdict: "not_registered_then", because: `the event was accepted before the hook was registered, at ${new Date(hook.created_at).toISOString()}` };
  }
  if (last.ended_by === "deleted") {
    const when = hook.deleted_at === undefined ? "" : `, since ${new Date(hook.deleted_at).toISOString()}`;
    return { verdict: "deleted", because: `the hook was deleted when the event was accepted${when}` };
  }
  const still = hook.status === "disabled" || hook.status === "errored";
  const since = still && hook.disabled_at !== undefined ? `, since ${new Date(hook.disabled_at).toISOString()}` : "; it was enabled again later";
  const reason = still && hook.disabled_reason !== undefined && hook.disabled_reason !== last.ended_by ? ` (${hook.disabled_reason})` : "";
  return { verdict: "not_active_then", because: `the hook was inactive when the event was accepted: ${last.ended_by ?? "disabled"}${reason}${since}` };
}

function triggerText(failed: Mismatch): string {
  return failed.condition === "schedule" ? "it has a schedule and no triggers, so it sees only its own slots" : mismatchText(failed);
}
