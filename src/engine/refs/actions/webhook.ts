import { isIP } from "node:net";
import { z } from "zod";
import { reachOf } from "../../clients/address-reach.ts";
import { NexusError } from "../../core/errors.ts";
import { secretSchema } from "../../core/outbound-settings.ts";
import { countWaitingWebhooks, enqueueWebhook, type WebhookRequest } from "../../store/ref-outbox.ts";
import { fillTemplate } from "../template.ts";
import { webhookHeadersSchema } from "../webhook-headers.ts";
import type { Action, ActionCall } from "./action.ts";
import { ActionFailure } from "./action.ts";

const URL_EXPECTED = 'expected an http or https URL of at most 2048 characters, {"env": "NAME"} or {"file": "/path"}';

const schema = z.strictObject({
  url: z.union([z.url({ protocol: /^https?$/, error: URL_EXPECTED }).max(2_048, URL_EXPECTED), secretSchema], URL_EXPECTED),
  headers: webhookHeadersSchema.default({}),
  /** Whether the body has the whole passage. */
  include_passage: z.boolean("expected true or false").default(false),
  /** Becomes `text` in the body; see `fillTemplate`. */
  template: z.string("expected a text").max(65_536, "expected at most 65536 characters").optional(),
  /** Sent before the commit, and a failure of the hook when it fails. */
  sync: z.boolean("expected true or false").default(false),
}, "expected a JSON object");

/** POST to an address outside: after the commit, from the outbox; or, with `sync`, before it. */
export const webhook: Action<z.output<typeof schema>> = {
  schema,
  check: (_store, { url }, { webhook_private: allowed }) => {
    if (typeof url !== "string" || allowed) return;
    const hostname = new URL(url).hostname.replace(/^\[|\]$/g, "");
    // Of a name it is known when it is sent.
    if (hostname !== "localhost" && (isIP(hostname) === 0 || reachOf(hostname) === "public")) return;
    throw new NexusError("REF_HOOK_INVALID", `config.url is ${url}, an address of this machine or of a private network`, { hint: "set refs.webhook_private = true in config.toml to allow it" });
  },
  run: (config, call) => {
    const request = requestFor(config, call);
    const id = call.makeId("obx");
    const target = typeof config.url === "string" ? new URL(config.url).host : "the address";
    if (config.sync) {
      const answer = call.ask({ kind: "webhook", id, request });
      if (answer.outcome !== "done") throw new ActionFailure(answer);
      return [call.dryRun ? `would send a webhook to ${target} and wait for its answer` : `sent a webhook to ${target}`];
    }
    const waiting = countWaitingWebhooks(call.store);
    if (waiting >= call.limits.max_waiting) throw new NexusError("REF_QUEUE_FULL", `${waiting} webhooks wait to be sent, as many as refs.max_waiting allows`);
    enqueueWebhook(call.store, { id, update_id: call.update.id, hook_id: call.hook.id, ref_name: call.update.ref_name, request, created_at: call.at });
    call.promise("webhook");
    return [`webhook ${id} to ${target}, after the commit`];
  },
};

function requestFor({ url, headers, include_passage, template }: z.output<typeof schema>, { update, passage, metadata, hook, at }: ActionCall): WebhookRequest {
  const text = template === undefined ? undefined : fillTemplate(template, { update, passage, metadata }).text;
  const body = {
    type: "ref_updated",
    ...(text === undefined ? {} : { text }),
    ref_name: update.ref_name,
    passage_id: passage.id,
    previous_passage_id: update.previous_passage_id ?? null,
    update_id: update.id,
    action: update.action,
    hook_id: hook.id,
    timestamp: new Date(at).toISOString(),
    ...(include_passage ? { passage: { id: passage.id, type: passage.type, content: passage.content, metadata: passage.metadata, created_at: new Date(passage.created_at).toISOString() } } : {}),
  };
  return { url, headers, body: JSON.stringify(body) };
}
