import { NexusError } from "../../engine/core/errors.ts";
import { answerInboxItem, inboxItem } from "../../engine/store/inbox.ts";
import { textArgument } from "../agent-name.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { emit, emitJson, paint } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const id = call.args[0] ?? "";
  const failed = textOption(call, "failed");
  const answer = failed === undefined ? { text: await textArgument(call.args[1]) } : { failed };
  await withStore(call, "change", (store) => {
    store.write(() => {
      const before = inboxItem(store, id);
      if (before === undefined) throw new NexusError("TURN_NOT_FOUND", `no inbox has the turn ${id}`);
      if (!answerInboxItem(store, id, store.redactor.value(answer))) throw new NexusError("INBOX_WRONG_STATE", `nobody waits for an answer to ${id} any more: it is ${before.status}`);
    });
    if (call.json) return emitJson({ turn_id: id, ...answer });
    emit(`${paint("green", "✓")} ${failed === undefined ? "Answered" : "Given back as failed"}: ${id}`);
  });
};
