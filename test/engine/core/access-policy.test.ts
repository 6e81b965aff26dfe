import { describe, expect, test } from "bun:test";
import { accessMismatch, accessPoliciesSchema, decideAccess, denialText, type AccessPolicy } from "../../../src/engine/core/access-policy.ts";
import type { NewEvent, Principal } from "../../../src/engine/core/event.ts";
import { principalOf } from "../../../src/engine/core/event.ts";
import { message, storedMessage } from "../../helpers/rows.ts";

const ALL = { tools: ["*"], credentials: ["*"], data_access: ["*"], personas: ["*"] };
const NONE = { tools: [], credentials: [], data_access: [], personas: [] };
const OWNER: Principal = { type: "owner", name: "Me", entity_id: "prs_1" };
const CASEY: Principal = { type: "known", name: "Casey", relationship: "family", entity_id: "prs_2" };
const STRANGER: Principal = { type: "unknown" };

function policies(...given: object[]): AccessPolicy[] {
  return accessPoliciesSchema.parse(given);
}

function decided(given: readonly AccessPolicy[], principal: Principal, event: Partial<NewEvent> = {}): string {
  const { effect, policy } = decideAccess(given, principal, message(1, event), "default");
  return policy === undefined ? effect : `${effect} by ${policy.name}`;
}

describe("who decides", () => {
  // switch: mutants first-policy-wins, people-allowed-by-default, policies-over-programs
  const given = policies(
    { name: "no discord", channels: "discord", effect: "deny" },
    { name: "me", principals: { type: "owner" }, effect: "allow" },
    { name: "not sam", principals: [{ name: "Sam" }], effect: "deny" },
    { name: "close", principals: [{ relationship: ["family", "friend"], type: "known" }, { entity_id: "prs_9" }], channels: ["sms", "imessage"], effect: "allow" },
    { name: "no gitlab", principals: [{ type: "webhook", source: "gitlab" }], effect: "deny" },
  );
  test.each<[string, Principal, Partial<NewEvent>, string]>([
    ["the first that matches, in the order of the file", OWNER, { channel: "discord" }, "deny by no discord"],
    ["a type", OWNER, { channel: "sms" }, "allow by me"],
    ["all conditions of one entry, and the channel", CASEY, { channel: "sms" }, "allow by close"],
    ["not when the channel is another: people whom none matches are denied", CASEY, { channel: "email" }, "deny"],
    ["not when one of the conditions fails", { ...CASEY, relationship: "work" }, { channel: "sms" }, "deny"],
    ["another entry of the same policy", { type: "known", name: "Kim", entity_id: "prs_9" }, { channel: "sms" }, "allow by close"],
    ["an earlier deny over a later allow", { ...CASEY, name: "Sam" }, { channel: "sms" }, "deny by not sam"],
    ["a stranger", STRANGER, { channel: "sms" }, "deny"],
    ["a webhook that is named", { type: "webhook", source: "gitlab" }, { channel: "webhook" }, "deny by no gitlab"],
    ["a webhook that none names is allowed", { type: "webhook", source: "github" }, { channel: "webhook" }, "allow"],
    ["an agent that none names is allowed", { type: "agent", name: "atlas" }, { channel: "agent" }, "allow"],
    ["nexus itself is under no policy", { type: "system", name: "timer" }, { channel: "discord" }, "allow"],
  ])("%s", (_, principal, event, expected) => {
    expect(decided(given, principal, event)).toBe(expected);
  });

  test("without policies everybody is allowed everything, as before there were any", () => {
    for (const principal of [OWNER, CASEY, STRANGER]) expect(decideAccess([], principal, message(1, { sender_id: "s" }), "home")).toEqual({ effect: "allow", permissions: ALL, session: { session_key: "agent:home:test:dm:s", persona: "home" } });
  });

  test("a policy without principals and channels speaks of people, one with a channel of whoever comes by it", () => {
    const all = policies({ name: "all", effect: "deny" });
    expect([OWNER, STRANGER].map((one) => decided(all, one))).toEqual(["deny by all", "deny by all"]);
    expect(decided(all, { type: "webhook", source: "x" })).toBe("allow");
    const hooks = policies({ name: "hooks", channels: ["webhook"], effect: "deny" });
    const event = message(1, { channel: "webhook" });
    expect(decided(hooks, principalOf(event), { channel: "webhook" })).toBe("deny by hooks");
  });
});

test("a mismatch names the condition, what it wants and what there is", () => {
  const [one, several] = policies({ name: "one", principals: { relationship: ["family"] }, channels: ["sms"], effect: "allow" }, { name: "several", principals: [{ type: "owner" }, { name: "Sam" }], effect: "allow" });
  if (one === undefined || several === undefined) throw new Error("there are two");
  expect(accessMismatch(one, CASEY, message(1))).toEqual({ condition: "channels", expected: ["sms"], actual: "test" });
  expect(accessMismatch(one, STRANGER, message(1, { channel: "sms" }))).toEqual({ condition: "principal.relationship", expected: ["family"], actual: undefined });
  expect(accessMismatch(one, CASEY, message(1, { channel: "sms" }))).toBeUndefined();
  expect(accessMismatch(several, CASEY, message(1))).toEqual({ condition: "principals", expected: [{ type: ["owner"] }, { name: ["Sam"] }], actual: CASEY });
});

describe("permissions", () => {
  test("are all without the table, and what is not named in it is not given, but for the persona that answers", () => {
    const [all, some] = policies({ name: "a", principals: { type: "owner" }, effect: "allow" }, { name: "b", effect: "allow", permissions: { tools: ["calendar"] } });
    expect(decideAccess([all!, some!], OWNER, message(1), "p").permissions).toEqual(ALL);
    expect(decideAccess([all!, some!], CASEY, message(1), "p").permissions).toEqual({ ...NONE, tools: ["calendar"], personas: ["p"] });
    const home = policies({ name: "a", effect: "allow", persona: "home", permissions: {} }, { name: "b", effect: "allow", permissions: { personas: [] } });
    expect(home.map((one) => decideAccess([one], CASEY, message(1), "p").permissions.personas)).toEqual([["home"], []]);
  });

  test("are none of what is denied", () => {
    expect(decideAccess(policies({ name: "no", effect: "deny" }), CASEY, message(1), "p").permissions).toEqual(NONE);
    expect(decideAccess(policies({ name: "me", principals: { type: "owner" }, effect: "allow" }), CASEY, message(1), "p").permissions).toEqual(NONE);
  });
});

describe("the session", () => {
  // switch: mutant session-keys-mixed
  const event = { channel: "slack", sender_id: "U1", thread_id: "t:9" };
  test.each<[string | undefined, Partial<NewEvent>, Principal, string]>([
    ["agent:{persona}:dm:{sender}", event, CASEY, "agent:home:dm:U1"],
    ["agent:{persona}:{channel}:{thread}", event, CASEY, "agent:home:slack:t%3A9"],
    ["agent:{persona}:person:{principal}", event, CASEY, "agent:home:person:prs_2"],
    ["agent:{persona}:person:{principal}", event, STRANGER, "agent:home:person:unknown"],
    ["agent:{persona}:{thread}", { ...event, thread_id: undefined } as never, CASEY, "agent:home:U1"],
    ["{sender}", { channel: "x", source_adapter: "mail" }, CASEY, "mail"],
    ["one for all", event, CASEY, "one for all"],
    [undefined, event, CASEY, "agent:home:slack:thread:t:9"],
  ])("%j", (session, parts, principal, expected) => {
    const given = policies({ name: "a", effect: "allow", persona: "home", ...(session === undefined ? {} : { session }) });
    expect(decideAccess(given, principal, message(1, parts), "default").session).toMatchObject({ session_key: expected, persona: "home" });
  });

  test("of two senders is never the same, whatever they are called", () => {
    const given = policies({ name: "a", effect: "allow", session: "{sender}:{thread}" });
    const key = (sender_id: string, thread_id: string): string => decideAccess(given, STRANGER, message(1, { sender_id, thread_id }), "p").session.session_key;
    expect(new Set([key("a", "b:c"), key("a:b", "c"), key("a%3Ab", "c")]).size).toBe(3);
  });

  test("keeps the thread of the event, and the persona of the settings where the policy has none", () => {
    const given = policies({ name: "a", effect: "allow", session: "dm:{sender}" });
    expect(decideAccess(given, CASEY, message(1, event), "default").session).toEqual({ session_key: "dm:U1", persona: "default", thread_id: "t:9" });
  });
});

describe("a policy is refused", () => {
  test.each<[string, object, string]>([
    ["an unknown placeholder", { effect: "allow", session: "a:{sendr}" }, "unknown placeholder {sendr} (did you mean {sender}?)"],
    ["a brace that is left open", { effect: "allow", session: "a:{sender" }, "a brace that is not closed"],
    ["nested braces", { effect: "allow", session: "a:{{sender}}" }, "a brace that is not closed"],
    ["no effect", {}, "expected allow or deny"],
    ["an empty condition", { effect: "deny", principals: [{}] }, "expected a condition such as"],
    ["no condition at all", { effect: "deny", principals: [] }, "expected at least one value"],
    ["a type that is none", { effect: "deny", principals: { type: "stranger" } }, "expected one of owner, known, unknown, webhook, agent"],
    ["nexus itself", { effect: "deny", principals: { type: "system" } }, "under no policy"],
    ["the timer", { effect: "deny", channels: ["timer"] }, "under no policy"],
    ["permissions of what is denied", { effect: "deny", permissions: {} }, "says nothing in a policy that denies"],
    ["a persona that it does not permit", { effect: "allow", persona: "home", permissions: { personas: ["work"] } }, 'does not have "home"'],
    ["an unknown field", { effect: "allow", chanels: ["x"] }, "chanels"],
  ])("%s", (_, parts, expected) => {
    const parsed = accessPoliciesSchema.safeParse([{ name: "p", ...parts }]);
    expect(parsed.error?.issues[0]?.message ?? "it was accepted").toContain(expected);
  });

  test("when its name is taken", () => {
    expect(accessPoliciesSchema.safeParse([{ name: "a", effect: "deny" }, { name: "a", effect: "allow" }]).error?.issues[0]).toMatchObject({ path: [1, "name"], message: expect.stringContaining("earlier policy") });
  });
});

test("a denial says by which policy, or that none matched", () => {
  expect(denialText(storedMessage(1, { suppressed: "denied", access: { policy: "no" } }))).toBe('the access policy "no" denied it when it was stored');
  expect(denialText(storedMessage(1, { suppressed: "denied" }))).toContain("no access policy matched");
});
