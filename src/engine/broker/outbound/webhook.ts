import { Webhook } from "standardwebhooks";
import type { OutboundOf } from "../../core/outbound-settings.ts";
import { secretsInEnvironment } from "../../core/redactor.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";
import type { SendResult } from "./outbound.ts";
import { post, statusFailure } from "./post.ts";

/** What decides where one request ends and the next begins is not for settings. */
const OWN_HEADERS = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"];

/**
 * POST with the message as JSON, signed by Standard Webhooks (webhook-id is the `delivery_id`). The status decides; the
 * body of the answer is not read, so that nobody can read a foreign service through it.
 */
export function webhookAdapter(settings: OutboundOf<"webhook">, place: Place): Adapter {
  const private_ = Object.keys(settings.headers).filter((name) => /auth|cookie/i.test(name));
  return { secrets: secretsInEnvironment(settings.headers, private_), send: (attempt) => send(settings, place, attempt) };
}

async function send(settings: OutboundOf<"webhook">, place: Place, attempt: Attempt): Promise<SendResult> {
  const secret = settings.secret === undefined ? undefined : await attempt.secret("secret", settings.secret);
  if (typeof secret === "object") return secret;
  const body = JSON.stringify(attempt.message);
  const headers = headersOf(settings, place, attempt.message.delivery_id, body, secret);
  if (!(headers instanceof Headers)) return headers;
  const answer = await post(place, attempt, { url: settings.url, headers, body, allowPrivate: settings.allow_private, timeoutMs: settings.timeout_ms, maxBytes: 0 });
  if ("sent" in answer) return answer;
  if (answer.status >= 200 && answer.status < 300) return { sent: true };
  if (answer.status === 410) return failure("OUTBOUND_GONE", `${place.name}: the receiver answered 410: it wants nothing more`, { disable: true });
  return statusFailure(place, answer);
}

function headersOf(settings: OutboundOf<"webhook">, place: Place, id: string, body: string, secret: string | undefined): Headers | Failure {
  const headers = new Headers();
  for (const [name, value] of Object.entries(settings.headers)) {
    if (OWN_HEADERS.includes(name.toLowerCase())) return failure("OUTBOUND_MISCONFIGURED", `${place.name}.headers: ${name} is set by nexus`);
    try {
      headers.set(name, value);
    } catch {
      return failure("OUTBOUND_MISCONFIGURED", `${place.name}.headers: ${name} is no possible header, or its value is none`);
    }
  }
  const sentAt = new Date(place.now());
  headers.set("content-type", "application/json");
  headers.set("user-agent", "nexus");
  headers.set("webhook-id", id);
  headers.set("webhook-timestamp", String(Math.floor(sentAt.getTime() / 1_000)));
  headers.delete("webhook-signature");
  if (secret === undefined) return headers;
  const key = keyOf(secret);
  if (key === undefined) return failure("OUTBOUND_MISCONFIGURED", `${place.name}.secret: what follows whsec_ is not base64`);
  headers.set("webhook-signature", key.sign(id, sentAt, body));
  return headers;
}

/** `whsec_` and base64, or any other text, whose bytes are the key. */
function keyOf(secret: string): Webhook | undefined {
  try {
    return secret.startsWith("whsec_") ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
  } catch {
    return undefined;
  }
}
