import { loadConfig } from "../../engine/config.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { namesPrincipal, type NewEvent } from "../../engine/core/event.ts";
import { mismatchText } from "../../engine/core/mismatch.ts";
import { nearest } from "../../engine/core/nearest.ts";
import { contactText, type Person } from "../../engine/core/person.ts";
import { isTrusted } from "../../engine/core/profile.ts";
import { normaliseEvent } from "../../engine/ingest/normalise.ts";
import { Identity, type Explanation } from "../../engine/pipeline/identity.ts";
import { contactId, contactValues, personOfContact } from "../../engine/store/persons.ts";
import type { Store } from "../../engine/store/open.ts";
import type { Call, Run } from "../call.ts";
import { textOption } from "../call.ts";
import { emit, emitJson, oneLine, paint } from "../output.ts";
import { personText, principalText } from "../person-text.ts";
import { table } from "../table.ts";
import { personView } from "../views.ts";
import { withStore } from "../workspace.ts";

/** Asks what stores events, with an event that is not stored: what it says is what would happen. */
export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const { access: policies, persona, events } = loadConfig(call.home);
    const event = eventOf(call, events.max_bytes);
    const explanation = new Identity({ store, policies, persona }).explain(event);
    const sender = senderOf(store, event);
    if (call.json) return emitJson(view(event, sender, explanation));
    if (call.quiet) return emit(explanation.effect);
    print(event, sender, explanation, policies.length);
  });

interface Sender {
  /** Its id in the ledger. */
  readonly contact?: string;
  readonly person?: Person;
  /** Contacts of persons on that channel that look alike. */
  readonly near: readonly string[];
}

function eventOf(call: Call, maxBytes: number): NewEvent {
  const channel = textOption(call, "channel");
  if (channel === undefined) throw new NexusError("USAGE", "--channel is missing: who a sender is depends on it", { next: ["nexus identity check --channel imessage --sender +15550100"] });
  const fields = { type: textOption(call, "type"), thread_id: textOption(call, "thread"), sender_id: textOption(call, "sender") };
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  // A webhook has a source and no sender.
  const source = channel === "webhook" && fields.sender_id !== undefined ? { metadata: { source: fields.sender_id } } : {};
  return normaliseEvent({ channel, source_adapter: channel.replaceAll(":", "-"), ...given, ...source }, { now: Date.now(), maxBytes });
}

function senderOf(store: Store, { channel, sender_id }: NewEvent): Sender {
  if (sender_id === undefined) return { near: [] };
  const contact = { contact_type: channel, value: sender_id };
  const [id, person] = [contactId(store, contact), personOfContact(store, contact)];
  const near = person === undefined ? nearest(sender_id, contactValues(store, channel)).map((value) => contactText({ contact_type: channel, value })) : [];
  return { ...(id === undefined ? {} : { contact: id }), ...(person === undefined ? {} : { person }), near };
}

function view({ channel, sender_id, thread_id, type }: NewEvent, { contact, person, near }: Sender, explanation: Explanation): Record<string, unknown> {
  const { effect, policy, principal, permissions, session, asked } = explanation;
  return {
    channel,
    sender_id,
    thread_id,
    type,
    contact_id: contact,
    person: person === undefined ? undefined : personView(person),
    principal,
    effect,
    policy: policy?.name,
    because: because(explanation),
    policies: asked.map(({ policy: one, mismatch }) => ({ name: one.name, effect: one.effect, matches: mismatch === undefined, mismatch })),
    trusted: trusted(explanation),
    permissions,
    session,
    ...(near.length === 0 ? {} : { did_you_mean: near }),
  };
}

/** Whether agents get all their powers for what it brings about. */
function trusted({ principal, policy }: Explanation): boolean {
  return isTrusted(principal, policy?.trusted);
}

function because({ effect, policy, asked, principal }: Explanation): string {
  if (policy !== undefined) return `the access policy ${JSON.stringify(policy.name)} is the first that matches`;
  if (effect === "deny") return "no access policy matches, and people whom none matches are denied";
  return asked.length === 0 ? "config.toml has no access policies, so everything is allowed" : `no access policy matches, and what comes from type ${principal.type} is then allowed`;
}

function print(event: NewEvent, { contact, person, near }: Sender, explanation: Explanation, policies: number): void {
  const { effect, principal, permissions, session, asked } = explanation;
  const known = event.sender_id === undefined || namesPrincipal(event.channel) ? "none" : `${event.channel}:${event.sender_id}${contact === undefined ? " (never seen)" : ""}`;
  const lines = [
    `Contact: ${known}`,
    `Person: ${person === undefined ? "none" : `${personText(person)} ${person.slug}`}${near.length === 0 ? "" : `; did you mean ${near.join(", ")}?`}`,
    `Principal: ${principalText(principal)}`,
  ];
  for (const line of lines) emit(oneLine(line));
  emit(`${paint(effect === "allow" ? "green" : "red", effect === "allow" ? "Allowed" : "Denied")}: ${oneLine(because(explanation))}`);
  if (asked.length > 0) {
    const rows = asked.map(({ policy, mismatch }) => [policy.name, policy.effect, mismatch === undefined ? "matches, and decides" : oneLine(mismatchText(mismatch))]);
    emit(`\n${table(["Policy", "Effect", "Because"], rows)}\n${policies > asked.length ? `(${policies - asked.length} more were not asked)\n` : ""}`);
  }
  if (effect === "deny") return emit("The event would be stored, marked as denied, and evaluated by no hook.");
  emit(`Profile: ${trusted(explanation) ? "full" : "reduced: agents get no secrets and read-only tools, unless the hook is approved"}`);
  emit(`Permissions: ${Object.entries(permissions).map(([kind, values]: [string, readonly string[]]) => `${kind} ${values.length === 0 ? "none" : oneLine(values.join(", "))}`).join("; ")}`);
  emit(`Session: ${oneLine(session.session_key)} (persona ${oneLine(session.persona)})`);
}
