import { z } from "zod";
import type { Event, Permissions, Principal, PrincipalType, Session, StoredEvent } from "./event.ts";
import { ALL_PERMISSIONS, NO_PERMISSIONS, PRINCIPAL_TYPES, sessionOf } from "./event.ts";
import { includes, type Mismatch } from "./mismatch.ts";
import { nearest } from "./nearest.ts";
import { principalMismatch, type PrincipalConditions } from "./principal-match.ts";

/** Access policies: the tables `[[access]]` of config.toml, asked in their order; the first that matches decides. */

/** What people are; the other types are programs. */
const PEOPLE: readonly PrincipalType[] = ["owner", "known", "unknown"];
/** `system` is nexus itself: no policy may keep a schedule from its slots. */
const GOVERNED = PRINCIPAL_TYPES.filter((type) => type !== "system");
const PLACEHOLDERS = ["persona", "channel", "sender", "thread", "principal"] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];

const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const LINE = "expected a text of 1 to 512 characters without line breaks";
const line = z.string(LINE).min(1, LINE).max(512, LINE).refine((value) => !CONTROL.test(value), LINE);

/** A value or a list of values. One schema and not a union of two: a union's error does not say what is wrong inside. */
function some<Item extends z.ZodType>(item: Item) {
  return z.preprocess((value): unknown => (Array.isArray(value) ? value : [value]), z.array(item).min(1, "expected at least one value").max(1_000, "expected at most 1000 values"));
}

const conditions = z
  .strictObject({
    type: some(z.enum(GOVERNED, `expected one of ${GOVERNED.join(", ")} (nexus's own events, of type system, are under no policy)`)).exactOptional(),
    name: some(line).exactOptional(),
    relationship: some(line).exactOptional(),
    entity_id: some(line).exactOptional(),
    source: some(line).exactOptional(),
  } satisfies Record<keyof PrincipalConditions, z.ZodType>)
  .refine((value) => Object.keys(value).length > 0, 'expected a condition such as { type = "owner" }; leave `principals` away to speak of all people');

const permissions = z.strictObject({
  tools: z.array(line).max(1_000).default([]),
  credentials: z.array(line).max(1_000).default([]),
  data_access: z.array(line).max(1_000).default([]),
  personas: z.array(line).max(1_000).exactOptional(),
});

const pattern = line.superRefine((value, context) => {
  const problem = patternProblem(value);
  if (problem !== undefined) context.addIssue({ code: "custom", message: problem, input: value });
});

const policySchema = z
  .strictObject({
    name: line,
    principals: some(conditions).exactOptional(),
    channels: some(line.refine((value) => value !== "timer" && value !== "ref", "is nexus's own channel, which is under no policy")).exactOptional(),
    effect: z.enum(["allow", "deny"], "expected allow or deny"),
    permissions: permissions.exactOptional(),
    persona: line.exactOptional(),
    session: pattern.exactOptional(),
    trusted: z.boolean("expected true or false").exactOptional(),
  })
  .superRefine((policy, context) => {
    const idle = policy.effect === "deny" ? (["permissions", "persona", "session", "trusted"] as const).find((field) => policy[field] !== undefined) : undefined;
    if (idle !== undefined) context.addIssue({ code: "custom", path: [idle], message: `says nothing in a policy that denies (${JSON.stringify(policy.name)}); remove it`, input: policy });
    const { persona, permissions: given } = policy;
    if (persona !== undefined && given?.personas !== undefined && !given.personas.includes("*") && !given.personas.includes(persona)) {
      context.addIssue({ code: "custom", path: ["permissions", "personas"], message: `does not have ${JSON.stringify(persona)}, the persona of the policy ${JSON.stringify(policy.name)}; add it`, input: policy });
    }
  });

export const accessPoliciesSchema = z
  .array(policySchema)
  .max(200)
  .superRefine((policies, context) => {
    const names = policies.map(({ name }) => name);
    const twice = names.findIndex((name, at) => names.indexOf(name) !== at);
    if (twice !== -1) context.addIssue({ code: "custom", path: [twice, "name"], message: `${JSON.stringify(names[twice])} is the name of an earlier policy; give each its own`, input: policies });
  });

export type AccessPolicy = z.output<typeof policySchema>;

/** The settings of a policy, by their places. */
export const ACCESS_SETTINGS: readonly string[] = [
  ...Object.keys(policySchema.shape).map((key) => `access.${key}`),
  ...Object.keys(conditions.shape).map((key) => `access.principals.${key}`),
  ...Object.keys(permissions.shape).map((key) => `access.permissions.${key}`),
];

export interface AccessDecision {
  readonly effect: "allow" | "deny";
  /** The first that matched; missing when none did. */
  readonly policy?: AccessPolicy;
  readonly permissions: Permissions;
  readonly session: Session;
}

/**
 * What the policies make of an event; the first that matches decides. Where none does, people are denied, unless there
 * are no policies at all; webhooks and agents are allowed, as is everything of nexus itself. Pure.
 */
export function decideAccess(policies: readonly AccessPolicy[], principal: Principal, event: Event, persona: string): AccessDecision {
  const policy = policies.find((one) => accessMismatch(one, principal, event) === undefined);
  if (policy === undefined) {
    const denied = policies.length > 0 && PEOPLE.includes(principal.type);
    return { effect: denied ? "deny" : "allow", permissions: denied ? NO_PERMISSIONS : ALL_PERMISSIONS, session: sessionOf(event, persona) };
  }
  if (policy.effect === "deny") return { effect: "deny", policy, permissions: NO_PERMISSIONS, session: sessionOf(event, persona) };
  const session = sessionBy(policy, principal, event, policy.persona ?? persona);
  // Who answers by default may answer.
  const permissions = policy.permissions === undefined ? ALL_PERMISSIONS : { personas: [session.persona], ...policy.permissions };
  return { effect: "allow", policy, permissions, session };
}

/** Why a policy does not speak of an event; undefined when it does. Without `principals` and `channels` it speaks of people only. Pure. */
export function accessMismatch({ principals, channels }: AccessPolicy, principal: Principal, event: Event): Mismatch | undefined {
  const spoken = principals === undefined && channels === undefined ? PEOPLE : GOVERNED;
  if (!spoken.includes(principal.type)) return { condition: "principal.type", expected: spoken, actual: principal.type };
  if (channels !== undefined && !includes(channels, event.channel)) return { condition: "channels", expected: channels, actual: event.channel };
  const failed = principals?.map((wanted) => principalMismatch(wanted, principal)) ?? [];
  if (failed.length === 0 || failed.includes(undefined)) return undefined;
  return failed.length === 1 ? failed[0] : { condition: "principals", expected: principals, actual: principal };
}

/** Why a stored event was denied, as a sentence. */
export function denialText({ access }: StoredEvent): string {
  if (access?.policy !== undefined) return `the access policy ${JSON.stringify(access.policy)} denied it when it was stored`;
  return "no access policy matched when it was stored, and people whom none matches are denied";
}

function sessionBy({ session: pattern }: AccessPolicy, principal: Principal, event: Event, persona: string): Session {
  const usual = sessionOf(event, persona);
  if (pattern === undefined) return usual;
  const sender = event.sender_id ?? event.source_adapter;
  const values: Readonly<Record<Placeholder, string>> = {
    persona,
    channel: event.channel,
    sender,
    thread: event.thread_id ?? sender,
    principal: principal.entity_id ?? principal.name ?? principal.source ?? principal.type,
  };
  return { ...usual, session_key: pattern.replaceAll(/\{(\w+)\}/g, (_, name: Placeholder) => keyPart(values[name])) };
}

/** A colon ends a part of a key: no sender may have a name that is two parts of somebody else's. */
function keyPart(value: string): string {
  return value.replaceAll("%", "%25").replaceAll(":", "%3A");
}

/** What is wrong with a session pattern. */
function patternProblem(value: string): string | undefined {
  const form = `expected text with ${PLACEHOLDERS.map((name) => `{${name}}`).join(", ")}`;
  for (const [, name = ""] of value.matchAll(/\{([^{}]*)\}/g)) {
    if (PLACEHOLDERS.some((one) => one === name)) continue;
    const near = nearest(name, PLACEHOLDERS, 1).map((one) => ` (did you mean {${one}}?)`);
    return `has the unknown placeholder {${name}}${near.join("")}; ${form}`;
  }
  return /[{}]/.test(value.replaceAll(/\{[^{}]*\}/g, "")) ? `has a brace that is not closed or not opened; ${form}` : undefined;
}
