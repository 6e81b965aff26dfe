import { NexusError } from "../../engine/core/errors.ts";
import { PERSON_TYPES } from "../../engine/core/person.ts";
import type { Run } from "../call.ts";
import { flag, listOption, textOption } from "../call.ts";
import { contactArgument } from "../contact-argument.ts";
import { choiceOption } from "../options.ts";
import { oneLine } from "../output.ts";
import { changePerson } from "../person-change.ts";
import { contactList, personText } from "../person-text.ts";

export const run: Run = async (call) => {
  const relationship = textOption(call, "relationship");
  const person = {
    name: words("the name", call.args[0] ?? "", 256),
    type: choiceOption(call, "type", PERSON_TYPES) ?? "known",
    ...(relationship === undefined ? {} : { relationship: words("--relationship", relationship, 128) }),
    contacts: listOption(call, "contact").map(contactArgument),
  };
  await changePerson(
    call,
    "create",
    (registry, write) => registry.add(person, write),
    ({ person: added }) => {
      // The id of a dry run is nobody's: the real one is made when it is real.
      const id = flag(call, "dryRun") ? "" : `\n  ID: ${added.id}`;
      const contacts = added.contacts.length === 0 ? `none yet: nexus identity link ${added.slug} CHANNEL:VALUE` : oneLine(contactList(added));
      return `Person added: ${added.slug}${id}\n  Name: ${personText(added)}\n  Contacts: ${contacts}`;
    },
  );
};

function words(what: string, text: string, max: number): string {
  const trimmed = text.trim();
  if (trimmed === "" || trimmed.length > max || /[\p{Cc}\u2028\u2029]/u.test(trimmed)) throw new NexusError("USAGE", `${what} ${JSON.stringify(text)}: expected 1 to ${max} characters on one line`);
  return trimmed;
}
