import { expect, test } from "bun:test";
import type { Person } from "../../../src/engine/core/person.ts";
import { eventById } from "../../../src/engine/store/event-queries.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { contactId, contactValues, deletePerson, hasContacts, identityGeneration, insertPerson, linkContact, listPersons, personBySlug, personOfContact, personsMatching, unlinkContact } from "../../../src/engine/store/persons.ts";
import { message, rows, tempStore } from "../../helpers/rows.ts";

const SMS = { contact_type: "sms", value: "+1" };
const CASEY: Person = { id: "prs_A1", slug: "casey", canonical_name: "Casey", type: "known", relationship: "family", contacts: [{ ...SMS, confidence: 1 }] };
const ME: Person = { id: "prs_B1", slug: "me", canonical_name: "Me", type: "owner", contacts: [] };

test("a person is found by its slug, the beginning of its id, its name, and its contact", () => {
  using temp = tempStore();
  const { store } = temp;
  expect([hasContacts(store), identityGeneration(store)]).toEqual([false, 0]);
  store.write(() => insertPerson(store, ME));
  expect(hasContacts(store)).toBe(false);
  store.write(() => insertPerson(store, CASEY));
  expect(hasContacts(store)).toBe(true);
  expect(listPersons(store)).toEqual([CASEY, ME]);
  expect(personBySlug(store, "casey")).toEqual(CASEY);
  expect(personsMatching(store, "prs_A", "nobody")).toEqual([CASEY]);
  expect(personsMatching(store, "prs_X", "Me")).toEqual([ME]);
  expect(personOfContact(store, SMS)).toEqual(CASEY);
  expect(personOfContact(store, { contact_type: "imessage", value: "+1" })).toBeUndefined();
  expect(contactValues(store, "sms")).toEqual(["+1"]);
});

test("every change moves the generation", () => {
  using temp = tempStore();
  const { store } = temp;
  const mail = { contact_type: "email", value: "a@b" };
  const moved = (change: () => void): number => {
    const before = identityGeneration(store);
    store.write(change);
    return identityGeneration(store) - before;
  };
  expect([
    moved(() => insertPerson(store, CASEY)),
    moved(() => linkContact(store, CASEY.id, { ...mail, confidence: 1 })),
    moved(() => unlinkContact(store, CASEY.id, mail)),
    moved(() => deletePerson(store, CASEY)),
  ]).toEqual([1, 1, 1, 1]);
});

test("a guess identifies nobody until it is certain; a contact is certainly one person's only", () => {
  // switch: mutant guesses-identify
  using temp = tempStore();
  const { store } = temp;
  store.write(() => {
    insertPerson(store, { ...CASEY, contacts: [] });
    insertPerson(store, ME);
    linkContact(store, CASEY.id, { ...SMS, confidence: 0.9 });
    linkContact(store, ME.id, { ...SMS, confidence: 0.4 });
  });
  expect([personOfContact(store, SMS), hasContacts(store), contactValues(store, "sms")]).toEqual([undefined, false, []]);
  store.write(() => linkContact(store, CASEY.id, { ...SMS, confidence: 1 }));
  expect(personOfContact(store, SMS)?.id).toBe(CASEY.id);
  expect(personBySlug(store, "me")?.contacts).toEqual([{ ...SMS, confidence: 0.4 }]);
  expect(() => store.write(() => linkContact(store, ME.id, { ...SMS, confidence: 1 }))).toThrow("UNIQUE");
});

test("a contact of the ledger is the same contact, and stays with the events that name it", () => {
  using temp = tempStore();
  const { store } = temp;
  store.write(() => insertEvents(store, [message(1, { sender_id: "+1" })], { maxDepth: 8, maxChain: 256 }));
  const contact = { contact_type: "test", value: "+1" };
  store.write(() => insertPerson(store, { ...CASEY, contacts: [{ ...contact, confidence: 1 }, { ...SMS, confidence: 1 }] }));
  expect(contactId(store, contact)).toBe("test:+1");
  store.write(() => deletePerson(store, personBySlug(store, "casey") ?? ME));
  expect(rows(store, "SELECT id FROM contacts")).toEqual([{ id: "test:+1" }]);
  expect([listPersons(store), rows(store, "SELECT * FROM person_contact_links")]).toEqual([[], []]);
  // The ledger writes the contact again that went with the person.
  store.write(() => insertEvents(store, [message(2, { channel: "sms", sender_id: "+1" })], { maxDepth: 8, maxChain: 256 }));
  expect(contactId(store, SMS)).toBe("sms:+1");
});

test("a person that something else wrote has its id for a slug, and counts as known", () => {
  using temp = tempStore();
  temp.store.db.run("INSERT INTO persons(id, canonical_name) VALUES ('p1', 'Someone')");
  expect(listPersons(temp.store)).toEqual([{ id: "p1", slug: "p1", canonical_name: "Someone", type: "known", contacts: [] }]);
});

test("what identity and access made of an event is stored with it, and only what there is", () => {
  using temp = tempStore();
  const { store } = temp;
  const principal = { type: "known", name: "Casey", entity_id: "prs_A1" } as const;
  const access = { policy: "close", permissions: { tools: ["a"], credentials: [], data_access: [], personas: [] }, session: { session_key: "k", persona: "p" } };
  const standings = [{ denied: false, principal, access }, { denied: true, access: { policy: "no" } }, { denied: true }, undefined];
  const inserted = store.write(() => insertEvents(store, standings.map((_, n) => message(n)), { maxDepth: 8, maxChain: 256, standingOf: ({ source_id }) => standings[Number(source_id)] }));
  for (const { event } of inserted) expect(eventById(store, event.id)).toEqual(event);
  expect(inserted.map(({ event: { suppressed, principal: who, access: what } }) => ({ suppressed, who, what }))).toEqual([
    { suppressed: undefined, who: principal, what: access },
    { suppressed: "denied", who: undefined, what: { policy: "no" } },
    { suppressed: "denied", who: undefined, what: undefined },
    { suppressed: undefined, who: undefined, what: undefined },
  ]);
  expect(rows(store, "SELECT principal_json, access_policy, access_json FROM events WHERE seq = 4")).toEqual([{ principal_json: null, access_policy: null, access_json: null }]);
});
