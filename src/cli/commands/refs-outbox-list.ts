import { listWebhooks, WEBHOOK_STATUSES } from "../../engine/store/ref-outbox.ts";
import type { Run } from "../call.ts";
import { choiceOption, countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { webhookView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const webhooks = listWebhooks(store, choiceOption(call, "status", WEBHOOK_STATUSES), countOption(call, "last", 20)).toReversed();
    if (call.json) return emitJson(webhooks.map(webhookView));
    if (webhooks.length === 0) return say("no such webhooks");
    if (call.quiet) return emit(webhooks.map(({ id }) => id).join("\n"));
    emit(table(["ID", "Status", "Attempts", "Ref", "Created", "Hook", "What"], webhooks.map(({ id, created_at, ref_name, hook_id, status, attempts, error, request }) => [id, status, String(attempts), ref_name, isoTime(created_at), hook_id, oneLine(error ?? (typeof request.url === "string" ? request.url : JSON.stringify(request.url)))])));
  });
