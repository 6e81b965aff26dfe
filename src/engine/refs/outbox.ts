import { DueWork } from "../core/due-work.ts";
import type { SendResult } from "../broker/outbound/outbound.ts";
import { nextAttempt } from "../broker/outbound/retry-ladder.ts";
import { dueWebhooks, nextWebhookAt, recordWebhookAttempt, type RefWebhook } from "../store/ref-outbox.ts";
import type { RefWorkParts } from "./parts.ts";
import { sendWebhook } from "./send-webhook.ts";

/** Webhooks that are under way at the same time. */
const MOST_AT_ONCE = 8;

/**
 * Sends the webhooks of committed updates: of each hook one at a time, in order, each until it is sent, refused for good, or
 * out of attempts. A crash between an answer and its record sends it again, with the same id.
 */
export function outbox(parts: RefWorkParts): DueWork<RefWebhook> {
  const { host: { store, clock }, rested } = parts;
  return new DueWork({
    most: MOST_AT_ONCE, rested,
    now: () => clock.now(),
    due: (now, limit) => dueWebhooks(store, now, limit),
    nextAt: (now) => nextWebhookAt(store, now),
    begin: (webhook, signal, settled) => void send(parts, webhook, signal).then(settled),
  });
}

async function send(parts: RefWorkParts, webhook: RefWebhook, signal: AbortSignal): Promise<void> {
  const result = await sendWebhook(webhook.request, webhook.id, `the webhook of ${webhook.hook_id}`, parts.webhooks, signal);
  // A stopping daemon leaves it as it is: not recorded is not sent.
  if (signal.aborted) return;
  await parts.commit(() => record(parts, webhook, result)).catch(() => undefined);
}

function record({ host: { store, clock, config }, notice, random }: RefWorkParts, webhook: RefWebhook, result: SendResult): void {
  const at = clock.now();
  if (result.sent) return recordWebhookAttempt(store, webhook.id, { status: "sent", at });
  const { code, message: error, retryable, retry_after_ms: retryAfterMs } = result;
  const attempt = webhook.attempts + 1;
  const again = retryable && attempt < config.refs.webhook_attempts ? nextAttempt(attempt, at, retryAfterMs === undefined ? {} : { retryAfterMs }, random) : undefined;
  if (again !== undefined) return recordWebhookAttempt(store, webhook.id, { status: "pending", at, not_before: again, code, error });
  // 410: the receiver wants nothing more, which is no fault of anybody.
  const status = code === "OUTBOUND_GONE" ? "cancelled" : "dead";
  recordWebhookAttempt(store, webhook.id, { status, at, code, error });
  notice("webhook_dead", { webhook: webhook.id, hook: webhook.hook_id, ref_name: webhook.ref_name, status, code, error });
}
