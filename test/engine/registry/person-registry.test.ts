import { expect, test } from "bun:test";
import { createIds } from "../../../src/engine/core/ids.ts";
import { findPerson } from "../../../src/engine/registry/find-person.ts";
import { PersonRegistry } from "../../../src/engine/registry/person-registry.ts";
import { linkContact, listPersons } from "../../../src/engine/store/persons.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { rows, T0, tempStore } from "../../helpers/rows.ts";

const SMS = { contact_type: "sms", value: "+1" };
const MAIL = { contact_type: "email", value: "casey@example.com" };

function desk() {
  const temp = tempStore();
  const { store } = temp;
  const persons = new PersonRegistry({ store, clock: new FakeClock(T0), ids: createIds() });
  const add = (name: string, ...contacts: (typeof SMS)[]) => persons.add({ name, type: "known", contacts }).person;
  return { store, persons, add, [Symbol.dispose]: () => temp[Symbol.dispose]() };
}

test("a person gets an id, a slug and its contacts, with a notice", () => {
  using it = desk();
  const { person, changed } = it.persons.add({ name: "Casey Jones", type: "owner", relationship: "self", contacts: [SMS, MAIL, SMS] });
  expect(changed).toBe(true);
  expect(person).toEqual({ id: expect.stringMatching(/^prs_[0-9A-Z]{26}$/), slug: "casey-jones", canonical_name: "Casey Jones", type: "owner", relationship: "self", contacts: [{ ...MAIL, confidence: 1 }, { ...SMS, confidence: 1 }] });
  expect(listPersons(it.store)).toEqual([person]);
  expect(rows(it.store, "SELECT kind, json_extract(data_json, '$.slug') AS slug FROM notices")).toEqual([{ kind: "person_added", slug: "casey-jones" }]);
});

test("names need not be unique: slugs are, and a name that two have is ambiguous", () => {
  using it = desk();
  const [first, second, none] = [it.add("Casey"), it.add("Casey"), it.add("凱西")];
  expect([first.slug, second.slug, none.slug]).toEqual(["casey", "casey-2", "person"]);
  expect(findPerson(it.store, "casey-2").id).toBe(second.id);
  expect(findPerson(it.store, "凱西").id).toBe(none.id);
  expect(findPerson(it.store, first.id.toLowerCase().replace("prs_", "")).id).toBe(first.id);
  expect(() => findPerson(it.store, "Casey")).toThrow(expect.objectContaining({ code: "PERSON_AMBIGUOUS", details: expect.objectContaining({ did_you_mean: ["casey", "casey-2"] }) }));
  expect(() => findPerson(it.store, "cassey")).toThrow(expect.objectContaining({ code: "PERSON_NOT_FOUND", details: expect.objectContaining({ did_you_mean: ["casey", "casey-2"] }) }));
  expect(() => findPerson(it.store, "")).toThrow(expect.objectContaining({ code: "PERSON_NOT_FOUND" }));
});

test("a contact is one person's: another cannot have it, and nothing is changed", () => {
  // switch: mutant contacts-shared
  using it = desk();
  it.add("Casey", SMS);
  it.add("Sam");
  const before = listPersons(it.store);
  const taken = expect.objectContaining({ code: "CONTACT_TAKEN", message: expect.stringContaining("sms:+1 is a contact of casey (prs_") });
  expect(() => it.persons.link("sam", SMS)).toThrow(taken);
  expect(() => it.add("Kim", SMS)).toThrow(taken);
  expect(listPersons(it.store)).toEqual(before);
});

test("link, link again, unlink, unlink again", () => {
  using it = desk();
  it.add("Casey");
  expect(it.persons.link("casey", SMS)).toMatchObject({ changed: true, person: { contacts: [{ ...SMS, confidence: 1 }] } });
  expect(it.persons.link("casey", SMS).changed).toBe(false);
  expect(it.persons.unlink("casey", SMS)).toMatchObject({ changed: true, person: { contacts: [] } });
  expect(() => it.persons.unlink("casey", SMS)).toThrow(expect.objectContaining({ code: "CONTACT_NOT_FOUND" }));
  expect(rows(it.store, "SELECT kind FROM notices ORDER BY seq")).toEqual([{ kind: "person_added" }, { kind: "person_linked" }, { kind: "person_unlinked" }]);
});

test("a guess becomes certain by link, and goes by unlink", () => {
  using it = desk();
  const casey = it.add("Casey");
  it.store.write(() => {
    linkContact(it.store, casey.id, { ...SMS, confidence: 0.5 });
    linkContact(it.store, casey.id, { ...MAIL, confidence: 0.5 });
  });
  expect(it.persons.link("casey", SMS)).toMatchObject({ changed: true });
  it.persons.unlink("casey", MAIL);
  expect(findPerson(it.store, "casey").contacts).toEqual([{ ...SMS, confidence: 1 }]);
});

test("removed, the person is gone and its contacts are free", () => {
  using it = desk();
  it.add("Casey", SMS);
  it.persons.remove("casey");
  expect(() => it.persons.remove("casey")).toThrow(expect.objectContaining({ code: "PERSON_NOT_FOUND" }));
  expect(it.add("Sam", SMS).contacts).toHaveLength(1);
});

test("a dry run checks everything and changes nothing", () => {
  using it = desk();
  it.add("Casey", SMS);
  const before = rows(it.store, "SELECT * FROM persons, person_contact_links, meta");
  const dry = { dryRun: true };
  expect(it.persons.add({ name: "Sam", type: "known", contacts: [MAIL] }, dry)).toMatchObject({ changed: true, person: { slug: "sam" } });
  expect(it.persons.link("casey", MAIL, dry).person.contacts).toHaveLength(2);
  expect(it.persons.unlink("casey", SMS, dry).person.contacts).toHaveLength(0);
  expect(it.persons.remove("casey", dry)).toMatchObject({ changed: true });
  expect(() => it.persons.add({ name: "Sam", type: "known", contacts: [SMS] }, dry)).toThrow(expect.objectContaining({ code: "CONTACT_TAKEN" }));
  expect(rows(it.store, "SELECT * FROM persons, person_contact_links, meta")).toEqual(before);
});
