import type { ForeignJob } from "./actions/action.ts";
import type { HandlerOutcome, Handlers } from "./handlers.ts";
import { sendWebhook, type WebhookParts } from "./send-webhook.ts";

/** Runs what an update has to wait for, outside of its transaction. */
export function foreignOf(handlers: Handlers, webhooks: WebhookParts): (job: ForeignJob) => Promise<HandlerOutcome> {
  return async (job) => {
    if (job.kind === "handler") return await handlers.run(job.job);
    const begun = performance.now();
    const started_at = webhooks.now();
    const result = await sendWebhook(job.request, job.id, "the webhook", webhooks, new AbortController().signal);
    const answered = { started_at, latency_us: Math.round((performance.now() - begun) * 1_000), logs: [], emit: [] };
    if (result.sent) return { ...answered, outcome: "done" };
    return { ...answered, outcome: result.code === "OUTBOUND_TIMEOUT" ? "timeout" : "failed", error: result.message };
  };
}
