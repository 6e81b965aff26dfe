import type { OutboundOf } from "../../core/outbound-settings.ts";
import type { Attempt, Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";
import { MOST_ANSWER_BYTES, post, type Answer } from "./post.ts";

type ChatSettings = OutboundOf<"slack"> | OutboundOf<"discord"> | OutboundOf<"telegram">;

/** Calls a method of a chat service. */
export async function callApi(settings: ChatSettings, place: Place, attempt: Attempt, path: string, authorization: string | undefined, body: Readonly<Record<string, unknown>>): Promise<Answer | Failure> {
  // The token goes along with every call.
  if (!settings.allow_private && !settings.api.startsWith("https:")) return failure("OUTBOUND_MISCONFIGURED", `${place.name}.api: it is to begin with https:// (or set allow_private = true, for a server of your own)`);
  const headers = new Headers({
    "content-type": "application/json; charset=utf-8",
    // The form that Discord asks for; the others take any.
    "user-agent": "DiscordBot (nexus, 0.1.0)",
    ...(authorization === undefined ? {} : { authorization }),
  });
  const url = `${settings.api.replace(/\/+$/, "")}/${path}`;
  return await post(place, attempt, { url, headers, body: JSON.stringify(body), allowPrivate: settings.allow_private, timeoutMs: settings.timeout_ms, maxBytes: MOST_ANSWER_BYTES });
}

/** A service that does not know the token. */
export function badToken(place: Place, said: string): Failure {
  return failure("OUTBOUND_MISCONFIGURED", `${place.name}.token: the service does not accept it (${said})`);
}
