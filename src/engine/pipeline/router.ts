import type { Permissions, StoredEvent } from "../core/event.ts";
import { principalOf, sessionOf } from "../core/event.ts";
import type { Hook } from "../core/hook.ts";
import type { TriggerIndex } from "../registry/trigger-index.ts";
import type { Job } from "../runtime/job.ts";
import type { RunEvent } from "../runtime/protocol.ts";

/** Until an access policy says otherwise, everyone may have everything answered with. */
const ALL_PERMISSIONS: Permissions = { tools: ["*"], credentials: ["*"], data_access: ["*"], personas: ["*"] };

/** The hooks that must see an event, and the job each of them gets. Pure but for the shared line of text. */
export function route(event: StoredEvent, index: TriggerIndex, persona: string, attempt: number): { hooks: Hook[]; job: () => Job } {
  const principal = principalOf(event);
  const hooks = event.suppressed === undefined ? [...index.candidates(event, principal)] : [];
  let line: string | undefined;
  return {
    hooks,
    job: () => {
      line ??= JSON.stringify({ event: publicEvent(event), principal, permissions: ALL_PERMISSIONS, session: sessionOf(event, persona) } satisfies RunEvent);
      return { event, line, attempt };
    },
  };
}

/** What a hook sees of a stored event: the contract's fields, without the ledger's own. */
function publicEvent({ seq: _seq, addressed_to: _addressed, suppressed: _suppressed, ...event }: StoredEvent): RunEvent["event"] {
  return event;
}
