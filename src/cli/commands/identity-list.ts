import { PERSON_TYPES } from "../../engine/core/person.ts";
import { listPersons } from "../../engine/store/persons.ts";
import type { Run } from "../call.ts";
import { choiceOption } from "../options.ts";
import { emit, emitJson, say } from "../output.ts";
import { contactList } from "../person-text.ts";
import { table } from "../table.ts";
import { personView } from "../views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const type = choiceOption(call, "type", PERSON_TYPES);
    const persons = listPersons(store).filter((person) => type === undefined || person.type === type);
    if (call.json) return emitJson(persons.map(personView));
    if (call.quiet) return persons.length === 0 ? undefined : emit(persons.map(({ slug }) => slug).join("\n"));
    if (persons.length === 0) return say(type === undefined ? "no persons; add one with `nexus identity add NAME --contact CHANNEL:VALUE`" : "no such persons");
    const rows = persons.map((person) => [person.slug, person.canonical_name, person.type, person.relationship ?? "-", person.id, contactList(person)]);
    emit(table(["Person", "Name", "Type", "Relationship", "ID", "Contacts"], rows));
  });
