import { NexusError } from "../../engine/core/errors.ts";
import { webhookById } from "../../engine/store/ref-outbox.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, oneLine, paint, printable } from "../output.ts";
import { webhookView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const webhook = webhookById(store, call.args[0] ?? "");
    if (webhook === undefined) throw new NexusError("WEBHOOK_NOT_FOUND", `no webhook has the id ${JSON.stringify(call.args[0])}`, { next: ["nexus refs outbox list"] });
    if (call.json) return emitJson(webhookView(webhook));
    const { id, status, ref_name, hook_id, update_id, attempts, created_at, not_before, settled_at, code, error, request } = webhook;
    emit(paint("bold", printable(`${id}  ${status}, for ${ref_name}`)));
    emit(`  Created ${isoTime(created_at)}, ${attempts} ${attempts === 1 ? "attempt" : "attempts"}${settled_at === undefined ? "" : `, ended ${isoTime(settled_at)}`}${status === "pending" && not_before > 0 ? `, next ${isoTime(not_before)}` : ""}`);
    emit(printable(`  Asked for by ${hook_id} in ${update_id}`));
    if (error !== undefined) emit(`  ${paint("red", "Error")} ${printable(`${oneLine(error)} [${code ?? ""}]`)}`);
    emit(printable(`  POST ${typeof request.url === "string" ? request.url : JSON.stringify(request.url)}`));
    for (const [name, value] of Object.entries(request.headers)) emit(printable(`  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`));
    emit(`\n${printable(request.body)}`);
  });
