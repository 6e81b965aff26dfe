import { NexusError } from "../../engine/core/errors.ts";
import { reviveWebhook, webhookById } from "../../engine/store/ref-outbox.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { wrongState } from "../handler-call.ts";
import { emit, emitJson, paint } from "../output.ts";
import { webhookView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const [id = ""] = call.args;
    const dryRun = flag(call, "dryRun");
    const found = store.write(() => {
      const before = webhookById(store, id);
      if (before === undefined) throw new NexusError("WEBHOOK_NOT_FOUND", `no webhook has the id ${JSON.stringify(id)}`, { next: ["nexus refs outbox list"] });
      if (!["dead", "cancelled", "pending"].includes(before.status)) throw wrongState(id, before.status, "what was not sent can be retried");
      if (!dryRun) reviveWebhook(store, id);
      return webhookById(store, id) ?? before;
    });
    if (call.json) return emitJson({ ...webhookView(found), ...(dryRun ? { dry_run: true } : {}) });
    emit(call.quiet ? id : `${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${id} waits again`);
  });
