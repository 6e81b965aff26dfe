import { loadConfig } from "../../engine/config.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { inboxItem, keepInboxItem } from "../../engine/store/inbox.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, paint } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) => {
  const { agents } = loadConfig(call.home);
  return withStore(call, "change", (store) => {
    const id = call.args[0] ?? "";
    const item = store.write(() => {
      const before = inboxItem(store, id);
      if (before === undefined) throw new NexusError("TURN_NOT_FOUND", `no inbox has the turn ${id}`);
      const agent = agents[before.agent];
      if (agent?.runner !== "inbox" || !keepInboxItem(store, id, Date.now(), agent.lease_ms)) throw new NexusError("INBOX_WRONG_STATE", `the turn ${id} is ${before.status}, not taken`);
      return inboxItem(store, id) ?? before;
    });
    const lease_until = isoTime(item.lease_until ?? 0);
    if (call.json) return emitJson({ turn_id: id, agent: item.agent, status: item.status, lease_until });
    emit(`${paint("green", "✓")} ${id} is yours until ${lease_until}`);
  });
};
