import { expect, spyOn, test } from "bun:test";
import { accessPoliciesSchema } from "../../../src/engine/core/access-policy.ts";
import type { Person } from "../../../src/engine/core/person.ts";
import { Identity } from "../../../src/engine/pipeline/identity.ts";
import { openStore, type Store } from "../../../src/engine/store/open.ts";
import { deletePerson, insertPerson } from "../../../src/engine/store/persons.ts";
import { message, tempStore } from "../../helpers/rows.ts";

const CASEY: Person = { id: "prs_1", slug: "casey", canonical_name: "Casey", type: "known", relationship: "family", contacts: [{ contact_type: "test", value: "+1", confidence: 1 }] };
const AS_CASEY = { type: "known", name: "Casey", relationship: "family", entity_id: "prs_1" } as const;
const FROM_CASEY = message(1, { sender_id: "+1" });

function identityOf(store: Store, ...policies: object[]): Identity {
  return new Identity({ store, policies: accessPoliciesSchema.parse(policies), persona: "default" });
}

test("without persons and policies nothing is asked of the database, and nothing is to be stored", () => {
  // switch: mutant identity-always-asks
  using temp = tempStore();
  const identity = identityOf(temp.store);
  using query = spyOn(temp.store.db, "query");
  expect([identity.standingOf(FROM_CASEY), identity.standingOf(message(2, { sender_id: "+2" }))]).toEqual([undefined, undefined]);
  expect(query).not.toHaveBeenCalled();
});

test("a sender is asked for once, a stranger too", () => {
  using temp = tempStore();
  temp.store.write(() => insertPerson(temp.store, CASEY));
  const identity = identityOf(temp.store);
  expect(identity.standingOf(FROM_CASEY)).toEqual({ denied: false, principal: AS_CASEY });
  expect(identity.standingOf(message(2, { sender_id: "+2" }))).toBeUndefined();
  using query = spyOn(temp.store.db, "query");
  expect(identity.standingOf(FROM_CASEY)?.principal).toEqual(AS_CASEY);
  expect(identity.standingOf(message(3, { sender_id: "+2" }))).toBeUndefined();
  expect(query).not.toHaveBeenCalled();
});

test("the channel is part of the contact, and what is no person's channel is nobody's contact", () => {
  using temp = tempStore();
  const contacts = ["webhook", "agent", "timer"].map((contact_type) => ({ contact_type, value: "+1", confidence: 1 }));
  temp.store.write(() => insertPerson(temp.store, { ...CASEY, contacts: [...CASEY.contacts, ...contacts] }));
  const identity = identityOf(temp.store);
  for (const channel of ["other", "webhook", "agent", "timer"]) expect(identity.standingOf(message(1, { channel, sender_id: "+1" }))).toBeUndefined();
  expect(identity.standingOf(message(1))).toBeUndefined();
});

test("a change by another process is seen after a refresh: added, then removed", () => {
  // switch: mutant identity-never-refreshed
  using temp = tempStore();
  const identity = identityOf(temp.store);
  const other = openStore(temp.home);
  const now = (): unknown => {
    identity.refresh();
    return identity.standingOf(FROM_CASEY)?.principal;
  };
  expect(now()).toBeUndefined();
  other.write(() => insertPerson(other, CASEY));
  expect(now()).toEqual(AS_CASEY);
  other.write(() => deletePerson(other, CASEY));
  expect(now()).toBeUndefined();
  other.close();
});

test("what a transaction that was undone had said is forgotten", () => {
  // switch: mutant identity-keeps-undone
  using temp = tempStore();
  const { store } = temp;
  store.write(() => insertPerson(store, { ...CASEY, id: "prs_0", slug: "x", contacts: [{ contact_type: "test", value: "x", confidence: 1 }] }));
  const identity = identityOf(store);
  expect(() =>
    store.write(() => {
      insertPerson(store, CASEY);
      expect(identity.standingOf(FROM_CASEY)?.principal).toEqual(AS_CASEY);
      throw new Error("undone");
    }),
  ).toThrow("undone");
  identity.refresh();
  expect(identity.standingOf(FROM_CASEY)).toBeUndefined();
});

test("what is stored is what differs from the default, and always who decided", () => {
  using temp = tempStore();
  temp.store.write(() => insertPerson(temp.store, CASEY));
  const identity = identityOf(
    temp.store,
    { name: "close", principals: { relationship: "family" }, effect: "allow", permissions: { tools: ["a"] }, session: "dm:{sender}" },
    { name: "plain", channels: ["plain"], effect: "allow" },
    { name: "home", channels: ["home"], effect: "allow", persona: "home" },
    { name: "no", channels: ["no"], effect: "deny" },
  );
  const stranger = (channel: string): unknown => identity.standingOf(message(1, { channel, sender_id: "s" }));
  expect(identity.standingOf(FROM_CASEY)).toEqual({ denied: false, principal: AS_CASEY, access: { policy: "close", permissions: { tools: ["a"], credentials: [], data_access: [], personas: ["default"] }, session: { session_key: "dm:+1", persona: "default" } } });
  expect(stranger("plain")).toEqual({ denied: false, access: { policy: "plain" } });
  expect(stranger("home")).toEqual({ denied: false, access: { policy: "home", session: { session_key: "agent:home:home:dm:s", persona: "home" } } });
  expect(stranger("no")).toEqual({ denied: true, access: { policy: "no" } });
  expect(stranger("other")).toEqual({ denied: true });
  expect(stranger("webhook")).toBeUndefined();
});

test("an explanation names the policies that were asked, up to the one that decided", () => {
  using temp = tempStore();
  const identity = identityOf(temp.store, { name: "me", principals: { type: "owner" }, effect: "allow" }, { name: "rest", effect: "deny" }, { name: "never", effect: "allow" });
  const { effect, policy, principal, asked } = identity.explain(message(1));
  expect({ effect, policy: policy?.name, principal }).toEqual({ effect: "deny", policy: "rest", principal: { type: "unknown" } });
  expect(asked.map(({ policy: { name }, mismatch }) => [name, mismatch])).toEqual([["me", { condition: "principal.type", expected: ["owner"], actual: "unknown" }], ["rest", undefined]]);
});
