import type { Clock } from "../core/clock.ts";
import { NexusError } from "../core/errors.ts";
import type { IdFactory } from "../core/ids.ts";
import { nearest } from "../core/nearest.ts";
import type { NoticeKind } from "../core/notice.ts";
import type { Contact, Person, PersonContact, PersonType } from "../core/person.ts";
import { contactText } from "../core/person.ts";
import { slugOf } from "../core/slug.ts";
import { addNotice } from "../store/notices.ts";
import type { Store } from "../store/open.ts";
import { deletePerson, insertPerson, linkContact, personBySlug, personOfContact, unlinkContact } from "../store/persons.ts";
import { findPerson } from "./find-person.ts";

export interface NewPerson {
  readonly name: string;
  readonly type: PersonType;
  readonly relationship?: string;
  readonly contacts: readonly Contact[];
}

export interface PersonChange {
  /** As it is afterwards; as it was, when it is removed. */
  readonly person: Person;
  /** False when it was so already. */
  readonly changed: boolean;
}

interface WriteOptions {
  /** Everything is checked, nothing is changed. */
  readonly dryRun?: boolean;
}

/**
 * The persons that nexus knows, and whose contact is whose. A contact is one person's at most, and then certainly. Each
 * operation is one transaction with a notice; a running daemon sees it before the next event it stores.
 */
export class PersonRegistry {
  readonly #parts: { readonly store: Store; readonly clock: Clock; readonly ids: IdFactory };

  constructor(parts: { readonly store: Store; readonly clock: Clock; readonly ids: IdFactory }) {
    this.#parts = parts;
  }

  /** A second person of a name gets a slug of its own. Throws CONTACT_TAKEN. */
  add({ name, type, relationship, contacts }: NewPerson, options: WriteOptions = {}): PersonChange {
    const { store, ids, clock } = this.#parts;
    return store.write(() => {
      for (const contact of contacts) this.#refuseTaken(contact, undefined);
      const person: Person = {
        id: ids.make("prs", clock.now()),
        slug: freeSlug(store, slugOf(name)),
        canonical_name: name,
        type,
        ...(relationship === undefined ? {} : { relationship }),
        contacts: withContacts([], contacts),
      };
      return this.#save("person_added", person, options, () => insertPerson(store, person));
    });
  }

  /** Makes a contact the person's; a guess becomes certain. Throws PERSON_NOT_FOUND, PERSON_AMBIGUOUS or CONTACT_TAKEN. */
  link(given: string, contact: Contact, options: WriteOptions = {}): PersonChange {
    const { store } = this.#parts;
    return store.write(() => {
      const before = findPerson(store, given);
      if (this.#refuseTaken(contact, before)) return { person: before, changed: false };
      const person = { ...before, contacts: withContacts(before.contacts, [contact]) };
      return this.#save("person_linked", person, options, () => linkContact(store, person.id, { ...contact, confidence: 1 }), contact);
    });
  }

  /** Takes a contact, or a guess of one, away. Throws PERSON_NOT_FOUND, PERSON_AMBIGUOUS or CONTACT_NOT_FOUND. */
  unlink(given: string, contact: Contact, options: WriteOptions = {}): PersonChange {
    const { store } = this.#parts;
    return store.write(() => {
      const before = findPerson(store, given);
      const contacts = before.contacts.filter((one) => contactText(one) !== contactText(contact));
      if (contacts.length === before.contacts.length) {
        const near = nearest(contactText(contact), before.contacts.map(contactText));
        throw new NexusError("CONTACT_NOT_FOUND", `${before.slug} has no contact ${contactText(contact)}`, { ...(near.length === 0 ? {} : { did_you_mean: near }), next: ["nexus identity list"] });
      }
      return this.#save("person_unlinked", { ...before, contacts }, options, () => unlinkContact(store, before.id, contact), contact);
    });
  }

  /** Its contacts are nobody's afterwards. Throws PERSON_NOT_FOUND or PERSON_AMBIGUOUS. */
  remove(given: string, options: WriteOptions = {}): PersonChange {
    const { store } = this.#parts;
    return store.write(() => {
      const person = findPerson(store, given);
      return this.#save("person_removed", person, options, () => deletePerson(store, person));
    });
  }

  /** Whether the contact is the person's already. */
  #refuseTaken(contact: Contact, person: Person | undefined): boolean {
    const holder = personOfContact(this.#parts.store, contact);
    if (holder === undefined) return false;
    if (holder.id === person?.id) return true;
    throw new NexusError("CONTACT_TAKEN", `${contactText(contact)} is a contact of ${holder.slug} (${holder.id})`, {
      hint: "take it away there first, if it is not theirs",
      next: [`nexus identity remove ${holder.slug} --contact ${contactText(contact)}`],
    });
  }

  #save(kind: NoticeKind, person: Person, { dryRun = false }: WriteOptions, write: () => void, contact?: Contact): PersonChange {
    const { store, ids, clock } = this.#parts;
    if (dryRun) return { person, changed: true };
    write();
    const at = clock.now();
    const data = { person: person.id, slug: person.slug, type: person.type, ...(contact === undefined ? {} : { contact: contactText(contact) }) };
    addNotice(store, { id: ids.make("ntc", at), at, kind, data });
    return { person, changed: true };
  }
}

/** In the order in which the store lists them. */
function withContacts(before: readonly PersonContact[], added: readonly Contact[]): PersonContact[] {
  const all = new Map(before.map((contact) => [contactText(contact), contact]));
  for (const { contact_type, value } of added) all.set(contactText({ contact_type, value }), { contact_type, value, confidence: 1 });
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, contact]) => contact);
}

/** `casey`, then `casey-2`, ... A name without a Latin letter or a digit has nothing to make a slug of. */
function freeSlug(store: Store, wanted: string): string {
  const stem = wanted === "" ? "person" : wanted;
  let slug = stem;
  for (let n = 2; personBySlug(store, slug) !== undefined; n += 1) slug = `${stem}-${n}`;
  return slug;
}
