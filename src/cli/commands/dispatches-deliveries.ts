import { DELIVERY_STATUSES } from "../../engine/core/turn.ts";
import { listDeliveries } from "../../engine/store/deliveries.ts";
import type { Run } from "../call.ts";
import { deliveryView } from "../broker-views.ts";
import { choiceOption, countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const deliveries = listDeliveries(store, choiceOption(call, "status", DELIVERY_STATUSES), countOption(call, "last", 20));
    if (call.json) return emitJson(deliveries.map(deliveryView));
    if (deliveries.length === 0) return say("no such deliveries");
    const rows = deliveries.toReversed().map(({ id, created_at, status, outbound, session_key, part, parts, attempts, error, receipt }) => [id, isoTime(created_at), status, outbound, session_key, `${part}/${parts}`, String(attempts), oneLine(error ?? receipt ?? "-")]);
    emit(table(["ID", "Created", "Status", "Adapter", "Session", "Part", "Attempts", "What"], rows));
  });
