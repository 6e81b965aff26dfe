import { NexusError } from "../../engine/core/errors.ts";
import { deliveriesOfTurn, deliveryById } from "../../engine/store/deliveries.ts";
import { dispatchById } from "../../engine/store/dispatches.ts";
import { turnById } from "../../engine/store/turns.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { deliveryView, dispatchView, turnView } from "../broker-views.ts";
import { emit, emitJson, isoTime, printable } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const id = call.args[0] ?? "";
    const delivery = deliveryById(store, id);
    if (delivery !== undefined) return call.json ? emitJson(deliveryView(delivery)) : fields(deliveryView(delivery));
    const dispatch = dispatchById(store, id);
    if (dispatch === undefined) throw new NexusError("DISPATCH_NOT_FOUND", `no dispatch or delivery has the id ${id}`, { next: ["nexus dispatches list"] });
    const turn = dispatch.turn_id === undefined ? undefined : turnById(store, dispatch.turn_id);
    if (flag(call, "context")) {
      if (turn?.context === undefined) throw new NexusError("TURN_NOT_FOUND", `${id} has no turn with a context yet (it is ${dispatch.status})`);
      if (call.json) return emitJson(turn.context);
      // To the letter, but for what would drive a terminal.
      if (turn.context.system !== "") emit(`${printable(turn.context.system)}\n`);
      return emit(printable(turn.context.prompt));
    }
    const deliveries = turn === undefined ? [] : deliveriesOfTurn(store, turn.id);
    if (call.json) return emitJson({ ...dispatchView(dispatch), ...(turn === undefined ? {} : { turn: turnView(turn), deliveries: deliveries.map(deliveryView) }) });
    const { prompt, ...rest } = dispatchView(dispatch);
    fields(rest);
    if (prompt !== undefined) emit(`  prompt:\n    ${printable(String(prompt)).replaceAll("\n", "\n    ")}`);
    if (turn === undefined) return;
    const { answer, ...facts } = turnView(turn);
    emit("Turn:");
    fields(facts);
    if (answer !== undefined) emit(`  answer:\n    ${printable(String(answer)).replaceAll("\n", "\n    ")}`);
    if (deliveries.length > 0) emit(`\n${table(["Delivery", "Status", "Adapter", "Part", "Attempts", "Settled", "What"], deliveries.map((one) => [one.id, one.status, one.outbound, `${one.part}/${one.parts}`, String(one.attempts), one.settled_at === null ? "-" : isoTime(one.settled_at), one.error ?? one.receipt ?? "-"]))}`);
  });

function fields(view: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(view)) if (value !== undefined) emit(printable(`  ${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`));
}
