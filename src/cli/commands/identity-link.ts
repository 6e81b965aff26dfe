import { contactText } from "../../engine/core/person.ts";
import type { Run } from "../call.ts";
import { contactArgument } from "../contact-argument.ts";
import { oneLine } from "../output.ts";
import { changePerson } from "../person-change.ts";

export const run: Run = async (call) => {
  const [given = "", text = ""] = call.args;
  const contact = contactArgument(text);
  await changePerson(
    call,
    "change",
    (registry, write) => registry.link(given, contact, write),
    ({ person, changed }) => oneLine(changed ? `${contactText(contact)} is ${person.slug} now` : `${contactText(contact)} was ${person.slug} already`),
  );
};
