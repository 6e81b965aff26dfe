import { isSettled } from "../../engine/core/dispatch.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { deliveryById, enableOutbound, reviveDelivery } from "../../engine/store/deliveries.ts";
import { dispatchById, reviveDispatch } from "../../engine/store/dispatches.ts";
import type { Store } from "../../engine/store/open.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { deliveryView, dispatchView } from "../broker-views.ts";
import { emit, emitJson, paint } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", (store) => {
    const id = call.args[0] ?? "";
    const dryRun = flag(call, "dryRun");
    const view = store.write(() => retry(store, id, dryRun));
    if (call.json) return emitJson({ ...view, ...(dryRun ? { dry_run: true } : {}) });
    emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${id} waits again`);
  });

function retry(store: Store, id: string, dryRun: boolean): Record<string, unknown> {
  const delivery = deliveryById(store, id);
  if (delivery !== undefined) {
    if (delivery.status === "sent" || delivery.status === "cancelled") throw new NexusError("DISPATCH_WRONG_STATE", `${id} is ${delivery.status}: only what is dead or waits for its next attempt can be retried`);
    if (!dryRun) {
      enableOutbound(store, delivery.outbound);
      reviveDelivery(store, id);
    }
    return deliveryView(deliveryById(store, id) ?? delivery);
  }
  const dispatch = dispatchById(store, id);
  if (dispatch === undefined) throw new NexusError("DISPATCH_NOT_FOUND", `no dispatch or delivery has the id ${id}`, { next: ["nexus dispatches list"] });
  if (!isSettled(dispatch.status)) throw new NexusError("DISPATCH_WRONG_STATE", `${id} is ${dispatch.status}: only what is settled can be retried`);
  if (!dryRun) reviveDispatch(store, id);
  return dispatchView(dispatchById(store, id) ?? dispatch);
}
