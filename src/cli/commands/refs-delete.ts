import type { Run } from "../call.ts";
import { expectOption, updateFromCall } from "../ref-update.ts";

export const run: Run = (call) => {
  const [name = ""] = call.args;
  return updateFromCall(call, {
    mode: "change",
    ask: () => () => ({ writes: [{ ref_name: name, action: "delete", hooks: false, expect: expectOption(call) }] }),
    sentence: ({ updates: [update] }) => (update === undefined ? `${name} was not there` : `${name} deleted, before at ${update.previous_passage_id ?? ""}`),
    facts: ({ updates }) => ({ existed: updates.length > 0 }),
  });
};
