import { cancelWebhook, webhookById } from "../../engine/store/ref-outbox.ts";
import type { Run } from "../call.ts";
import { webhookView } from "../ref-views.ts";
import { changeWaiting } from "../waiting-change.ts";

export const run: Run = (call) =>
  changeWaiting(call, {
    find: webhookById, missing: { code: "WEBHOOK_NOT_FOUND", noun: "webhook", list: "nexus refs outbox list" },
    from: ["pending"], hint: "what waits can be cancelled",
    change: (store, id) => void cancelWebhook(store, id, Date.now()),
    view: webhookView, done: "cancelled",
  });
