import type { Contact, Person, PersonContact } from "../core/person.ts";
import { contactText } from "../core/person.ts";
import { known } from "./known.ts";
import { getMeta, setMeta } from "./meta.ts";
import type { Store } from "./open.ts";

interface PersonRow {
  id: string;
  slug: string | null;
  canonical_name: string;
  type: string;
  relationship: string | null;
}

const SELECT = "SELECT p.id, p.slug, p.canonical_name, p.type, p.relationship FROM persons p";
/** What a link must say to identify; less is a guess. */
const CERTAIN = "l.confidence >= 1";

/** Grows with each change of a person or of whose a contact is; 0 before the first. */
export function identityGeneration(store: Store): number {
  return getMeta(store, "identity_generation") ?? 0;
}

/** Whether any contact is certainly somebody's. */
export function hasContacts(store: Store): boolean {
  return store.db.query(`SELECT 1 FROM person_contact_links l WHERE ${CERTAIN} LIMIT 1`).get() !== null;
}

/** In the order they were added. */
export function listPersons(store: Store): Person[] {
  return toPersons(store, store.db.query<PersonRow, []>(`${SELECT} ORDER BY p.id`).all());
}

export function personBySlug(store: Store, slug: string): Person | undefined {
  return toPersons(store, store.db.query<PersonRow, [string]>(`${SELECT} WHERE p.slug = ?`).all(slug))[0];
}

/** Whose id begins so, or whose name it is; the first ten at most: more than one is ambiguous, however many there are. */
export function personsMatching(store: Store, idPrefix: string, name: string): Person[] {
  const rows = store.db
    .query<PersonRow, [string, string, string]>(`${SELECT} WHERE (p.id >= ?1 AND p.id < ?2) OR p.canonical_name = ?3 ORDER BY p.id LIMIT 10`)
    .all(idPrefix, `${idPrefix}\u{10FFFF}`, name);
  return toPersons(store, rows);
}

/** Whose the contact certainly is. */
export function personOfContact(store: Store, { contact_type, value }: Contact): Person | undefined {
  const rows = store.db
    .query<PersonRow, [string, string]>(
      `${SELECT} JOIN person_contact_links l ON l.person_id = p.id JOIN contacts c ON c.id = l.contact_id
       WHERE c.contact_type = ? AND c.value = ? AND ${CERTAIN}`,
    )
    .all(contact_type, value);
  return toPersons(store, rows)[0];
}

/** The id under which the ledger knows a sender; undefined for one that it never saw and that is nobody's. */
export function contactId(store: Store, { contact_type, value }: Contact): string | undefined {
  return store.db.query<{ id: string }, [string, string]>("SELECT id FROM contacts WHERE contact_type = ? AND value = ?").get(contact_type, value)?.id;
}

/** The values of a channel's contacts that are somebody's. */
export function contactValues(store: Store, channel: string): string[] {
  return store.db
    .query<{ value: string }, [string]>(`SELECT DISTINCT c.value FROM contacts c JOIN person_contact_links l ON l.contact_id = c.id WHERE c.contact_type = ? AND ${CERTAIN}`)
    .all(channel)
    .map(({ value }) => value);
}

/** Inside a transaction: a new person, with its contacts. */
export function insertPerson(store: Store, { id, slug, canonical_name, type, relationship, contacts }: Person): void {
  store.db.query("INSERT INTO persons(id, slug, canonical_name, type, relationship) VALUES (?, ?, ?, ?, ?)").run(id, slug, canonical_name, type, relationship ?? null);
  for (const contact of contacts) writeLink(store, id, contact);
  nextIdentityGeneration(store);
}

/** Inside a transaction: the contact is the person's from now on. */
export function linkContact(store: Store, personId: string, contact: PersonContact): void {
  writeLink(store, personId, contact);
  nextIdentityGeneration(store);
}

/** Inside a transaction: the contact is no longer the person's. */
export function unlinkContact(store: Store, personId: string, contact: Contact): void {
  removeLink(store, personId, contact);
  nextIdentityGeneration(store);
}

/** Inside a transaction: the person goes; what it sent stays, and says that it was the person's. */
export function deletePerson(store: Store, { id, contacts }: Person): void {
  for (const contact of contacts) removeLink(store, id, contact);
  store.db.query("DELETE FROM person_contact_links WHERE person_id = ?").run(id);
  store.db.query("DELETE FROM persons WHERE id = ?").run(id);
  nextIdentityGeneration(store);
}

function nextIdentityGeneration(store: Store): void {
  setMeta(store, "identity_generation", identityGeneration(store) + 1);
}

/** A contact that the ledger has not seen gets the id that the ledger would give it. */
function writeLink(store: Store, personId: string, contact: PersonContact): void {
  const id = contactId(store, contact) ?? contactText(contact);
  store.db.query("INSERT INTO contacts(id, contact_type, value) VALUES (?, ?, ?) ON CONFLICT DO NOTHING").run(id, contact.contact_type, contact.value);
  store.db
    .query("INSERT INTO person_contact_links(person_id, contact_id, confidence) VALUES (?, ?, ?) ON CONFLICT(person_id, contact_id) DO UPDATE SET confidence = excluded.confidence")
    .run(personId, id, contact.confidence);
}

/** A contact that no event names and that is nobody's any more goes with its last link. */
function removeLink(store: Store, personId: string, { contact_type, value }: Contact): void {
  const { db } = store;
  const id = contactId(store, { contact_type, value });
  if (id === undefined) return;
  db.query("DELETE FROM person_contact_links WHERE person_id = ? AND contact_id = ?").run(personId, id);
  db.query(
    `DELETE FROM contacts WHERE id = ?1 AND id = contact_type || ':' || value
       AND NOT EXISTS (SELECT 1 FROM event_participants WHERE contact_id = ?1)
       AND NOT EXISTS (SELECT 1 FROM person_contact_links WHERE contact_id = ?1)`,
  ).run(id);
  known(store).contacts.delete(`${contact_type}\n${value}`);
}

function toPersons(store: Store, rows: readonly PersonRow[]): Person[] {
  return rows.map(({ id, slug, canonical_name, type, relationship }) => ({
    id,
    // Only what something else wrote has none.
    slug: slug ?? id,
    canonical_name,
    type: type === "owner" ? "owner" : "known",
    ...(relationship === null ? {} : { relationship }),
    contacts: contactsOf(store, id),
  }));
}

function contactsOf(store: Store, personId: string): PersonContact[] {
  return store.db
    .query<PersonContact, [string]>(
      "SELECT c.contact_type, c.value, l.confidence FROM person_contact_links l JOIN contacts c ON c.id = l.contact_id WHERE l.person_id = ? ORDER BY c.contact_type, c.value",
    )
    .all(personId);
}
