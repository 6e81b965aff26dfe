import type { Principal } from "../engine/core/event.ts";
import { contactText, type Person } from "../engine/core/person.ts";
import { oneLine } from "./output.ts";

/** `Casey Jones (known, family)` */
export function personText({ canonical_name, type, relationship }: Pick<Person, "canonical_name" | "type" | "relationship">): string {
  return oneLine(`${canonical_name} (${type}${relationship === undefined ? "" : `, ${relationship}`})`);
}

export function contactList({ contacts }: Person): string {
  return contacts.map((contact) => `${contactText(contact)}${contact.confidence < 1 ? ` (guess, ${contact.confidence})` : ""}`).join(", ");
}

/** `known, name Casey Jones, relationship family, entity_id prs_...` */
export function principalText({ type, ...facts }: Principal): string {
  return oneLine([type, ...Object.entries(facts).map(([name, value]) => `${name} ${value}`)].join(", "));
}
