import type { Event, Session } from "./event.ts";
import { sessionOf } from "./event.ts";

/** What a hook says about where its fire goes. */
export interface Routing {
  readonly mode?: "persona" | "session" | "thread" | undefined;
  readonly target?: string | undefined;
}

/**
 * The one session a fire goes to: a named session; the thread's, in the event's channel; the event's own with another
 * persona; and without any routing the event's own.
 */
export function sessionFor({ mode, target }: Routing, own: Session, event: Event): Session {
  if (target === undefined) return own;
  switch (mode) {
    case "thread":
      return sessionOf({ ...event, thread_id: target }, own.persona);
    case "persona":
      return own.persona === target ? own : { ...own, session_key: withPersona(own.session_key, own.persona, target), persona: target };
    case "session":
    case undefined:
      return { session_key: target, persona: personaOf(target) ?? own.persona };
  }
}

function withPersona(key: string, from: string, to: string): string {
  return key.startsWith(`agent:${from}:`) ? `agent:${to}:${key.slice(`agent:${from}:`.length)}` : `agent:${to}:${key}`;
}

function personaOf(key: string): string | undefined {
  return /^agent:([^:]+):/.exec(key)?.[1];
}
