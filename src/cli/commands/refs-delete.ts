import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { updateFromCall } from "../ref-update.ts";

export const run: Run = (call) => {
  const [name = ""] = call.args;
  const expect = textOption(call, "expect");
  return updateFromCall(
    call,
    "change",
    () => () => ({ writes: [{ ref_name: name, action: "delete", hooks: false, expect }] }),
    ({ updates: [update] }) => (update === undefined ? `${name} was not there` : `${name} deleted, before at ${update.previous_passage_id ?? ""}`),
  );
};
