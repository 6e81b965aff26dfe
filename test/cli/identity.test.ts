import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/engine/store/open.ts";
import { linkContact } from "../../src/engine/store/persons.ts";
import { nexus, type Answer } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface PersonJson {
  readonly id: string;
  readonly slug: string;
  readonly contacts: { contact_type: string; value: string; confidence: number }[];
}

function desk() {
  const home = tempHome();
  const identity = (...args: string[]): Promise<Answer> => nexus(home.path, ["identity", ...args]);
  const refused = async (...args: string[]): Promise<unknown> => {
    const answer = await identity(...args, "--json");
    return { exit: answer.code, ...answer.error() };
  };
  return { path: home.path, identity, refused, config: (toml: string) => writeFileSync(join(home.path, "config.toml"), toml), [Symbol.dispose]: () => home[Symbol.dispose]() };
}

const POLICIES = `
[[access]]
name = "me"
principals = { type = "owner" }
effect = "allow"

[[access]]
name = "close"
principals = [{ relationship = "family" }]
channels = ["imessage"]
effect = "allow"
permissions = { tools = ["calendar"] }
persona = "home"
session = "agent:{persona}:dm:{sender}"

[[access]]
name = "no spam"
channels = ["spam"]
effect = "deny"
`;

test("add, list, link, remove", async () => {
  using it = desk();
  const added = await it.identity("add", "Casey Jones", "--relationship", "family", "--contact", "imessage:+15550100", "--contact", "matrix:@casey:example.com");
  expect(added).toMatchObject({ code: 0, err: "" });
  expect(added.out).toMatch(/^✓ Person added: casey-jones\n {2}ID: prs_[0-9A-Z]{26}\n {2}Name: Casey Jones \(known, family\)\n {2}Contacts: imessage:\+15550100, matrix:@casey:example\.com\n$/);
  expect((await it.identity("add", "Me", "--type", "owner", "--json")).json()).toMatchObject({ slug: "me", canonical_name: "Me", type: "owner", contacts: [], changed: true });
  expect((await it.identity("link", "me", "imessage:+1", "--json")).json()).toMatchObject({ slug: "me", contacts: [{ contact_type: "imessage", value: "+1", confidence: 1 }], changed: true });
  expect(await it.identity("link", "me", "imessage:+1")).toMatchObject({ code: 0, out: "· imessage:+1 was me already\n" });

  const persons = (await it.identity("list", "--json")).json<PersonJson[]>();
  expect(persons.map(({ slug, contacts }) => [slug, contacts.length])).toEqual([["casey-jones", 2], ["me", 1]]);
  expect((await it.identity("list", "--type", "owner", "--quiet")).out).toBe("me\n");
  const store = openStore(it.path);
  store.write(() => linkContact(store, persons[1]?.id ?? "", { contact_type: "email", value: "me@x", confidence: 0.7 }));
  store.close();
  expect((await it.identity("list")).out).toMatch(/^Person +Name +Type +Relationship +ID +Contacts\ncasey-jones +Casey Jones +known +family +prs_\w+ +imessage:\+15550100, matrix:@casey:example\.com\nme +Me +owner +- +prs_\w+ +email:me@x \(guess, 0\.7\), imessage:\+1\n$/);

  expect(await it.identity("remove", "casey-jones", "--contact", "imessage:+15550100")).toMatchObject({ code: 0, out: "✓ imessage:+15550100 is no longer casey-jones\n" });
  expect(await it.identity("remove", persons[0]?.id ?? "")).toMatchObject({ code: 0, out: "✓ Person removed: casey-jones; their contacts are nobody's now\n" });
  expect((await it.identity("list", "--json")).json<PersonJson[]>().map(({ slug }) => slug)).toEqual(["me"]);
}, 60_000);

test("a dry run changes nothing, and makes no home", async () => {
  using it = desk();
  expect((await it.identity("add", "Casey", "--contact", "sms:+1", "--dry-run", "--json")).json()).toMatchObject({ slug: "casey", dry_run: true });
  expect(existsSync(join(it.path, "state"))).toBe(false);
  await it.identity("add", "Casey", "--contact", "sms:+1");
  for (const args of [["add", "Sam"], ["link", "casey", "sms:+2"], ["remove", "casey", "--contact", "sms:+1"], ["remove", "casey"]]) {
    expect((await it.identity(...args, "--dry-run")).out).toStartWith("✓ [dry run] ");
  }
  expect((await it.identity("list", "--json")).json()).toMatchObject([{ slug: "casey", contacts: [{ value: "+1" }] }]);
}, 60_000);

test("what is wrong has its code, and says what to do", async () => {
  using it = desk();
  await it.identity("add", "Casey", "--contact", "sms:+1");
  await it.identity("add", "Casey");
  expect(await it.refused("remove", "cassey")).toMatchObject({ exit: 3, code: "PERSON_NOT_FOUND", did_you_mean: ["casey", "casey-2"] });
  expect(await it.refused("remove", "Casey")).toMatchObject({ exit: 2, code: "PERSON_AMBIGUOUS", did_you_mean: ["casey", "casey-2"] });
  expect(await it.refused("link", "casey-2", "sms:+1")).toMatchObject({ exit: 5, code: "CONTACT_TAKEN", next: ["nexus identity remove casey --contact sms:+1"] });
  expect(await it.refused("add", "Sam", "--contact", "sms:+1")).toMatchObject({ exit: 5, code: "CONTACT_TAKEN" });
  expect(await it.refused("remove", "casey", "--contact", "sms:+2")).toMatchObject({ exit: 3, code: "CONTACT_NOT_FOUND", did_you_mean: ["sms:+1"] });
  expect(await it.refused("link", "casey", "nothing")).toMatchObject({ exit: 2, code: "USAGE", message: expect.stringContaining("expected channel:value") });
  expect(await it.refused("link", "casey", "webhook:github")).toMatchObject({ exit: 2, code: "USAGE", message: expect.stringContaining("come from no person") });
  expect(await it.refused("add", " ")).toMatchObject({ exit: 2, code: "USAGE" });
  expect(await it.refused("add", "Kim", "--type", "friend")).toMatchObject({ exit: 2, code: "USAGE", message: expect.stringContaining("owner, known") });
  expect(await it.refused("check", "--sender", "x")).toMatchObject({ exit: 2, code: "USAGE", message: expect.stringContaining("--channel is missing") });
}, 60_000);

test("check says who a sender is, what would happen, and by which rule", async () => {
  using it = desk();
  it.config(POLICIES);
  const { id } = (await it.identity("add", "Casey", "--relationship", "family", "--contact", "imessage:+15550100", "--json")).json<PersonJson>();
  const check = async (...args: string[]): Promise<Record<string, unknown>> => (await it.identity("check", "--json", ...args)).json();
  expect(await check("--channel", "imessage", "--sender", "+15550100", "--thread", "t1")).toEqual({
    channel: "imessage",
    sender_id: "+15550100",
    thread_id: "t1",
    type: "message",
    contact_id: "imessage:+15550100",
    person: expect.objectContaining({ id, slug: "casey" }),
    principal: { type: "known", name: "Casey", relationship: "family", entity_id: id },
    effect: "allow",
    policy: "close",
    because: 'the access policy "close" is the first that matches',
    policies: [{ name: "me", effect: "allow", matches: false, mismatch: { condition: "principal.type", expected: ["owner"], actual: "known" } }, { name: "close", effect: "allow", matches: true }],
    trusted: false,
    permissions: { tools: ["calendar"], credentials: [], data_access: [], personas: ["home"] },
    session: { session_key: "agent:home:dm:+15550100", persona: "home", thread_id: "t1" },
  });
  expect(await check("--channel", "imessage", "--sender", "+15550101")).toMatchObject({ principal: { type: "unknown" }, effect: "deny", because: expect.stringContaining("no access policy matches"), did_you_mean: ["imessage:+15550100"] });
  expect(await check("--channel", "spam", "--sender", "x", "--type", "ad")).toMatchObject({ effect: "deny", policy: "no spam", type: "ad" });
  expect(await check("--channel", "webhook", "--sender", "github")).toMatchObject({ principal: { type: "webhook", source: "github" }, effect: "allow" });
  const text = await it.identity("check", "--channel", "imessage", "--sender", "+15550101");
  expect(text).toMatchObject({ code: 0, err: "" });
  expect(text.out).toContain("Person: none; did you mean imessage:+15550100?\nPrincipal: unknown\nDenied: no access policy matches");
  expect(text.out).toMatch(/\nPolicy +Effect +Because\nme +allow +principal\.type wants "owner"; the event has "unknown"\nclose +allow +principal\.relationship wants "family"; the event has none\nno spam +deny +channels wants "spam"; the event has "imessage"\n/);
  // A question changes nothing: the sender is not in the ledger afterwards.
  expect((await check("--channel", "imessage", "--sender", "+15550101"))["contact_id"]).toBeUndefined();
}, 60_000);

test("what a command stores is under the policies: emit and import say it, why and show say by which", async () => {
  // switch: mutant commands-without-policies
  using it = desk();
  it.config(POLICIES);
  await it.identity("add", "Me", "--type", "owner", "--contact", "imessage:+1");
  const run = (...args: string[]): Promise<Answer> => nexus(it.path, args);
  const denied = await run("events", "emit", "--id", "spam:1", "--sender", "x", "--content", "buy");
  expect(denied).toMatchObject({ code: 0, out: '✓ Event stored: spam:1; not to be evaluated: the access policy "no spam" denied it when it was stored\n' });
  expect((await run("events", "emit", "--id", "imessage:1", "--sender", "+1", "--json")).json()).toMatchObject({ principal: { type: "owner", name: "Me" }, access: { policy: "me" } });
  const imported = await nexus(it.path, ["events", "import"], { stdin: '{"id":"imessage:2","sender_id":"y"}\n{"id":"imessage:3","sender_id":"+1"}\n' });
  expect(imported.code).toBe(0);
  // Decided when they were stored: a policy that is gone says nothing any more, and its word stands.
  it.config("");
  const listed = (await run("events", "list", "--json")).json<{ id: string; suppressed?: string }[]>();
  expect(listed.filter(({ suppressed }) => suppressed === "denied").map(({ id }) => id)).toEqual(["imessage:2", "spam:1"]);
  expect((await run("why", "spam:1")).out).toContain('Denied: the access policy "no spam" denied it when it was stored. It is evaluated by no hook.\n');
  expect((await run("why", "imessage:1")).out).toMatch(/\n {2}From owner, name Me, entity_id prs_\w+\n/);
  expect((await run("why", "imessage:1", "--json")).json()).toMatchObject({ principal: { type: "owner" }, event: { principal: { name: "Me" } } });
  const shown = (await run("events", "show", "spam:1")).out;
  expect(shown).toContain('  suppressed: denied\n  denied: the access policy "no spam" denied it when it was stored\n  access_policy: no spam\n');
  expect((await run("events", "show", "spam:1", "--json")).json()).toMatchObject({ suppressed: "denied", access: { policy: "no spam" } });
}, 60_000);
