import type { Principal, StoredEvent } from "../core/event.ts";
import { ALL_PERMISSIONS, sessionOf, storedPrincipal } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { TriggerIndex } from "../registry/trigger-index.ts";
import type { Job } from "../runtime/job.ts";
import type { RunEvent } from "../runtime/protocol.ts";

/**
 * The hooks that must see an event, and the job each of them gets. Pure but for the shared line of text.
 *
 * Who it came from, and what that may, was decided when the event was stored, and stands: also after a crash, and when
 * identity or policies have changed since.
 */
export function route(event: StoredEvent, index: TriggerIndex, persona: string, attempt: number): { hooks: Hook[]; job: () => Job } {
  const principal = storedPrincipal(event);
  const hooks = event.suppressed === undefined ? [...index.candidates(event, principal)] : [];
  let line: string | undefined;
  return {
    hooks,
    job: () => {
      line ??= lineOf(event, principal, persona);
      return { event, line, attempt };
    },
  };
}

function lineOf(event: StoredEvent, principal: Principal, persona: string): string {
  const { permissions = ALL_PERMISSIONS, session = sessionOf(event, persona) } = event.access ?? {};
  return JSON.stringify({ event: publicEvent(event), principal, permissions, session, ...replayedTime(event) } satisfies RunEvent);
}

/** A copy is evaluated at the time of its original. */
export function replayedTime({ replay_of, timestamp }: StoredEvent): Pick<RunEvent, "now"> {
  return replay_of === undefined ? {} : { now: timestamp };
}

/** What a hook sees of a stored event: the contract's fields, without the ledger's own. */
export function publicEvent({ seq: _seq, addressed_to: _addressed, suppressed: _suppressed, principal: _principal, access: _access, ...event }: StoredEvent): RunEvent["event"] {
  return event;
}
