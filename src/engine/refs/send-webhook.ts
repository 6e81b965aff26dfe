import type { SendResult } from "../broker/outbound/outbound.ts";
import { failure, type Failure } from "../broker/outbound/failure.ts";
import { post, statusFailure } from "../broker/outbound/post.ts";
import { readSecret } from "../broker/outbound/read-secret.ts";
import type { Place } from "../broker/outbound/adapter.ts";
import type { Resolve } from "../clients/guarded-fetch.ts";
import type { Config } from "../config.ts";
import type { SecretSource } from "../core/outbound-settings.ts";
import { Redactor, type Secret } from "../core/redactor.ts";
import type { WebhookRequest } from "../store/ref-outbox.ts";
import { isOwnHeader } from "./webhook-headers.ts";

export interface WebhookParts {
  /** Absolute; secrets in files are relative to it. */
  readonly home: string;
  readonly limits: Pick<Config["refs"], "webhook_private" | "webhook_timeout_ms">;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Unix ms. */
  readonly now: () => number;
  readonly resolve?: Resolve | undefined;
}

/**
 * POSTs a webhook of a ref once. `id` goes along as `webhook-id` (Standard Webhooks) and `Idempotency-Key`, the same with
 * every attempt, so that a receiver can drop what it has seen. Never rejects; the answer's body is not read.
 */
export async function sendWebhook(request: WebhookRequest, id: string, what: string, { home, limits, env, now, resolve }: WebhookParts, signal: AbortSignal): Promise<SendResult> {
  const place: Place = { name: what, home, env, now, resolve };
  const secrets: Secret[] = [];
  const plain = async (field: string, value: string | SecretSource): Promise<string | Failure> => {
    if (typeof value === "string") return value;
    const read = await readSecret(place, field, value);
    if (typeof read === "string") secrets.push({ name: field, value: read });
    return read;
  };
  const url = await plain("url", request.url);
  if (typeof url === "object") return url;
  const headers = new Headers({ "content-type": "application/json", "user-agent": "nexus" });
  for (const [name, value] of Object.entries(request.headers)) {
    if (isOwnHeader(name)) return failure("OUTBOUND_MISCONFIGURED", `${what}: the header ${name} is set by nexus`);
    const text = await plain(`headers.${name}`, value);
    if (typeof text === "object") return text;
    try {
      headers.set(name, text);
    } catch {
      return failure("OUTBOUND_MISCONFIGURED", `${what}: the value of the header ${name} is none that a header can have`);
    }
  }
  headers.set("webhook-id", id);
  headers.set("webhook-timestamp", String(Math.floor(now() / 1_000)));
  headers.set("idempotency-key", id);
  const answer = await post(place, { signal }, { url, headers, body: request.body, allowPrivate: limits.webhook_private, timeoutMs: limits.webhook_timeout_ms, maxBytes: 0 });
  if ("sent" in answer) return { ...answer, message: new Redactor(secrets).text(answer.message) };
  if (answer.status >= 200 && answer.status < 300) return { sent: true };
  if (answer.status === 410) return failure("OUTBOUND_GONE", `${what}: the receiver answered 410: it wants nothing more`);
  return statusFailure(place, answer);
}
