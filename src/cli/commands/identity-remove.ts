import { contactText } from "../../engine/core/person.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { contactArgument } from "../contact-argument.ts";
import { oneLine } from "../output.ts";
import { changePerson } from "../person-change.ts";

export const run: Run = async (call) => {
  const [given = ""] = call.args;
  const text = textOption(call, "contact");
  const contact = text === undefined ? undefined : contactArgument(text);
  await changePerson(
    call,
    "change",
    (registry, write) => (contact === undefined ? registry.remove(given, write) : registry.unlink(given, contact, write)),
    ({ person }) => oneLine(contact === undefined ? `Person removed: ${person.slug}; their contacts are nobody's now` : `${contactText(contact)} is no longer ${person.slug}`),
  );
};
