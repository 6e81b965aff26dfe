import type { TurnInput } from "../../engine/broker/runners/runner.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { takeFromInbox } from "../../engine/store/inbox.ts";
import { agentOption } from "../agent-name.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, printable } from "../output.ts";
import { patienceOf, waitFor } from "../patience.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) => {
  const { name, config } = agentOption(call, "agent");
  const agent = config.agents[name];
  if (agent?.runner !== "inbox") throw new NexusError("USAGE", `the agent "${name}" is run by nexus (runner "${agent?.runner ?? ""}"); only one with runner = "inbox" fetches its work`);
  return withStore(call, "change", async (store) => {
    const forMs = patienceOf(call);
    const item = await waitFor(store, forMs, () => store.write(() => takeFromInbox(store, name, Date.now(), agent.lease_ms)));
    if (item === undefined) throw new NexusError("INBOX_EMPTY", `nothing waits for ${name}`, { hint: forMs === 0 ? "--wait 5m waits for something" : "ask again" });
    // Written by the inbox runner.
    const { env: _env, ...input } = JSON.parse(item.input_json) as TurnInput;
    const lease_until = isoTime(item.lease_until ?? 0);
    if (call.json) return emitJson({ ...input, lease_until });
    if (call.quiet) return emit(input.turn_id);
    emit(printable(`Turn: ${input.turn_id}\n  session: ${input.session_key}\n  dispatches: ${input.dispatch_ids.join(", ")}\n  yours until: ${lease_until} (nexus inbox ack ${input.turn_id} prolongs it)\n`));
    if (input.system !== undefined) emit(`${printable(input.system)}\n`);
    emit(printable(input.prompt));
  });
};
