import { denialText, type AccessPolicy } from "../core/access-policy.ts";
import { NexusError } from "../core/errors.ts";
import { originAdapter, sessionOf, storedPrincipal, type NewEvent, type Standing, type StoredEvent } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { IdFactory } from "../core/ids.ts";
import { mismatchText } from "../core/mismatch.ts";
import { TriggerIndex } from "../registry/trigger-index.ts";
import { mismatch } from "../registry/trigger-match.ts";
import { dispatchById } from "../store/dispatches.ts";
import { seenEvent } from "../store/event-requests.ts";
import { chainOf, insertEvents } from "../store/events.ts";
import { listHooks } from "../store/hooks.ts";
import type { Store } from "../store/open.ts";
import { refuseWhenFull } from "../store/waiting.ts";
import { Identity } from "./identity.ts";

/** What the redactor leaves in a secret's place. */
const REDACTED = /\[redacted:[^\]]+\]/;

export interface ReplayParts {
  readonly store: Store;
  readonly ids: IdFactory;
  readonly now: number;
  /** Settings `[[access]]` and `persona`. */
  readonly policies: readonly AccessPolicy[];
  readonly persona: string;
  /** Settings of `[events]`. */
  readonly limits: { readonly max_depth: number; readonly max_chain: number; readonly max_waiting: number };
  /** The only hook that is to evaluate the copies. */
  readonly hook: Hook | undefined;
  /** The dispatch of the turn in which an agent asks for it. */
  readonly cause: string | undefined;
  /** Events that have lost secrets are replayed as they are stored. */
  readonly redacted: boolean;
}

/** A copy that may be stored, and the hooks that will evaluate it. */
export interface Replay {
  readonly event: NewEvent;
  readonly hooks: readonly Hook[];
  readonly standing: Standing;
}

/**
 * Makes copies of stored events, to be evaluated by the hooks that are active now. A copy has no more power than its
 * original: who it came from and what that may is taken over, and what was denied stays so. It stands behind its original
 * (or the turn that asked for it) in the chain of causes, so replaying leads around no loop guard. Stage hooks are asked
 * about it as about any event.
 */
export class Replayer {
  readonly #parts: ReplayParts;
  readonly #identity: Identity;
  readonly #automations = new TriggerIndex();

  /** Throws HOOK_WRONG_STATE, or REPLAY_UNSEEN, when the hook would evaluate nothing. */
  constructor(parts: ReplayParts) {
    this.#parts = parts;
    const { store, policies, persona, hook } = parts;
    if (hook !== undefined) refuseIdle(hook);
    this.#identity = new Identity({ store, policies, persona });
    for (const one of listHooks(store)) if (one.active_from_seq !== undefined && one.version.metadata.stage === "runAutomations") this.#automations.add(one);
  }

  /** The copy of an event; or the error that says why there is none. */
  judge(original: StoredEvent): Replay | NexusError {
    const refused = this.#refusal(original);
    if (refused !== undefined) return refused;
    const { limits, store } = this.#parts;
    const event = this.#copyOf(original);
    if (chainOf(store, event, { maxDepth: limits.max_depth, maxChain: limits.max_chain }).isLoop) return loopStopped(original.id, original.replay_of);
    const standing = this.#standingOf(original);
    const copy: StoredEvent = { ...event, seq: original.seq, ...(standing.principal === undefined ? {} : { principal: standing.principal }) };
    const hooks = this.#hooksFor(copy, original);
    if (hooks instanceof NexusError) return hooks;
    const [only] = hooks;
    return { event: this.#parts.hook === undefined || only === undefined ? event : { ...event, addressed_to: only.id }, hooks, standing };
  }

  /** Inside a transaction: stores copies, all or (QUEUE_FULL, LOOP_STOPPED) none. */
  store(replays: readonly Replay[]): StoredEvent[] {
    const { store, limits } = this.#parts;
    refuseWhenFull(store, limits.max_waiting, replays.map(({ event }) => event), replays.length);
    const standings = new Map(replays.map(({ event, standing }) => [event.id, standing]));
    const stored = insertEvents(store, replays.map(({ event }) => event), { maxDepth: limits.max_depth, maxChain: limits.max_chain, standingOf: ({ id }) => standings.get(id) });
    // Copies of one chain may have used its budget up between them.
    const stopped = stored.find(({ event }) => event.suppressed === "loop_guard");
    if (stopped !== undefined) throw loopStopped(stopped.event.replay_of ?? stopped.event.id);
    return stored.map(({ event }) => event);
  }

  #refusal(original: StoredEvent): NexusError | undefined {
    const { id, suppressed } = original;
    if (suppressed === "denied") return new NexusError("REPLAY_REFUSED", `${id} is not replayed: ${denialText(original)}`, { hint: "what a policy lets in now can be emitted anew", next: [`nexus why ${id}`] });
    if (suppressed === "agent_to_agent") return new NexusError("REPLAY_REFUSED", `${id} is not replayed: one agent sent it to another, and no hook is asked about it`);
    if (this.#identity.standingOf({ ...original, source_adapter: originAdapter(original) })?.denied === true) {
      return new NexusError("REPLAY_REFUSED", `${id} is not replayed: the access policies would deny its sender now`, { next: ["nexus identity check"] });
    }
    const { content, metadata, sender_id, thread_id } = original;
    if (this.#parts.redacted || !REDACTED.test(JSON.stringify([content, metadata, sender_id, thread_id]))) return undefined;
    return new NexusError("REPLAY_REDACTED", `${id} is not replayed: it had secrets, which were redacted when it was stored`, { hint: "--redacted replays it as it is stored", next: [`nexus events replay ${id} --redacted`] });
  }

  #copyOf({ seq: _seq, suppressed: _suppressed, principal: _principal, access: _access, addressed_to, ...original }: StoredEvent): NewEvent {
    const { store, ids, now, cause } = this.#parts;
    const source_id = ids.make("rpl", now);
    const replay_of = original.replay_of ?? original.id;
    return {
      ...original,
      // A slot stays its hook's; for whom an event was replayed before says nothing about this time.
      ...(addressed_to !== undefined && replay_of.startsWith(`timer:${addressed_to}:`) ? { addressed_to } : {}),
      id: `replay:${source_id}`,
      source_adapter: "replay",
      source_id,
      received_at: now,
      replay_of,
      depth: original.depth + 1,
      // A dispatch of another home is nobody's cause here.
      cause_id: cause !== undefined && dispatchById(store, cause) !== undefined ? cause : original.id,
    };
  }

  /** As it was decided for the original, with what stage hooks made of that. Its session would else be that of another adapter. */
  #standingOf(original: StoredEvent): Standing {
    const seen = seenEvent(this.#parts.store, original);
    const asItCame = { ...original, source_adapter: originAdapter(original) };
    return { denied: false, principal: storedPrincipal({ ...seen, source_adapter: asItCame.source_adapter }), access: { ...seen.access, session: seen.access?.session ?? sessionOf(asItCame, this.#parts.persona) } };
  }

  #hooksFor(copy: StoredEvent, { id }: StoredEvent): readonly Hook[] | NexusError {
    const { hook } = this.#parts;
    const principal = storedPrincipal(copy);
    if (hook === undefined) {
      const hooks = this.#automations.candidates(copy, principal);
      return hooks.length > 0 ? hooks : new NexusError("REPLAY_UNSEEN", `${id} is not replayed: the triggers of no active hook match it`, { next: [`nexus why ${id} --all`] });
    }
    const failed = mismatch(hook, copy, principal);
    return failed === undefined ? [hook] : new NexusError("REPLAY_UNSEEN", `${id} is not replayed: ${hook.slug} would not see it: ${failed.condition === "addressed_to" ? "it is for another hook alone" : mismatchText(failed)}`, { next: [`nexus events replay ${id} --dry-run`] });
  }
}

function refuseIdle({ slug, status, version, disabled_reason }: Hook): void {
  const { stage } = version.metadata;
  if (stage !== "runAutomations") throw new NexusError("REPLAY_UNSEEN", `${slug} is a hook of the stage ${stage}: it is asked when an event comes there, not for itself`, { hint: "leave --hook away, or name an automation" });
  if (status === "active") return;
  const why = disabled_reason === undefined ? "" : ` (${disabled_reason})`;
  throw new NexusError("HOOK_WRONG_STATE", `${slug} is ${status}${why}: it would not evaluate a replay`, {
    hint: status === "errored" ? "its stored version cannot be loaded: update it first" : "enable it first; nothing was stored",
    next: [`nexus hooks ${status === "errored" ? "info" : "enable"} ${slug}`],
  });
}

function loopStopped(id: string, original?: string): NexusError {
  return new NexusError("LOOP_STOPPED", `${id} is not replayed: its chain of causes is longer than events.max_depth, or has used up events.max_chain`, {
    hint: original === undefined ? "nothing was stored; raise the limit if that is no loop" : `nothing was stored; replay the original, ${original}, or raise the limit`,
  });
}
