import { describe, expect, test } from "bun:test";
import type { Principal, StoredEvent } from "../../../src/engine/core/event.ts";
import type { Schedule, Triggers } from "../../../src/engine/core/hook.ts";
import { mismatch } from "../../../src/engine/registry/trigger-match.ts";
import { storedMessage } from "../../helpers/rows.ts";
import { hookWith } from "./trigger-hooks.ts";

const OWNER: Principal = { type: "owner", name: "Robin", relationship: "self" };
const EVENT = storedMessage(1, {
  thread_id: "t",
  sender_id: "casey",
  metadata: { action: "opened", repository: { name: "nexus", private: false, topics: ["a"] }, count: 3, none: null, "with.dot": 1 },
});
const HOURLY: Schedule = { every: "1h" };

function condition(triggers: Triggers | undefined, event: StoredEvent = EVENT, schedule?: Schedule): string | undefined {
  return mismatch(hookWith("a", { ...(triggers === undefined ? {} : { triggers }), ...(schedule === undefined ? {} : { schedule }) }), event, OWNER)?.condition;
}

test.each<[Triggers]>([
  [{ event: { types: ["message"] } }],
  [{ event: { types: ["webhook", "message"], channels: ["test"], directions: ["received"], adapters: ["test"] } }],
  [{ event: { thread_id: "t", sender_id: ["robin", "casey"] } }],
  [{ principal: { type: ["owner", "known"], name: "Robin", relationship: "self" } }],
  [{ event: { metadata: { action: "opened" } } }],
  [{ event: { metadata: { action: ["closed", "opened"], "repository.name": "nexus", "repository.private": false, count: 3 } } }],
  [{ event: { metadata: { none: null, "with.dot": 1, repository: { name: "nexus", private: false, topics: ["a"] } } } }],
  [{ event: {}, principal: {} }],
])("%j matches", (triggers) => {
  expect(condition(triggers)).toBeUndefined();
});

test.each<[Triggers, string]>([
  [{ event: { types: ["webhook"] } }, "event.types"],
  [{ event: { types: ["message"], channels: ["email"] } }, "event.channels"],
  [{ event: { directions: ["sent"] } }, "event.directions"],
  [{ event: { adapters: ["tes"] } }, "event.adapters"],
  [{ event: { thread_id: "u" } }, "event.thread_id"],
  [{ event: { sender_id: ["robin"] } }, "event.sender_id"],
  [{ event: { metadata: { action: "open" } } }, "event.metadata.action"],
  [{ event: { metadata: { count: "3" } } }, "event.metadata.count"],
  [{ event: { metadata: { "repository.owner.name": "x" } } }, "event.metadata.repository.owner.name"],
  [{ event: { metadata: { "repository.toString": "x" } } }, "event.metadata.repository.toString"],
  [{ principal: { type: "known" } }, "principal.type"],
  [{ principal: { entity_id: "p1" } }, "principal.entity_id"],
  [{ principal: { type: "known" }, event: { types: ["webhook"] } }, "principal.type"],
  [{ ref: { names: ["main/*"] } }, "ref.names"],
])("%j fails at %s", (triggers, failed) => {
  expect(condition(triggers)).toBe(failed);
});

test("a mismatch says what was wanted and what the event has", () => {
  expect(mismatch(hookWith("a", { triggers: { event: { metadata: { action: ["closed"] } } } }), EVENT, OWNER)).toEqual({ condition: "event.metadata.action", expected: ["closed"], actual: "opened" });
});

describe("ref names", () => {
  const updated = (name: unknown): StoredEvent => storedMessage(1, { type: "ref_updated", channel: "ref", metadata: { ref_name: name } });

  test.each([
    ["main/*", "main/human", true],
    ["main/*", "main/human/x", false],
    ["main/**", "main/human/x", true],
    ["**", "anything/at/all", true],
    ["main/human?", "main/human1", true],
    ["main/human", "main/humans", false],
    ["*/persona", "main/persona", true],
  ])("the glob %s against %s: %p", (glob, name, matches) => {
    expect(condition({ ref: { names: ["never", glob] } }, updated(name)) === undefined).toBe(matches);
  });

  test("an event of another type, or without a name, does not match", () => {
    expect(condition({ ref: { names: ["**"] } }, storedMessage(1, { metadata: { ref_name: "main/human" } }))).toBe("ref.names");
    expect(condition({ ref: { names: ["**"] } }, updated(7))).toBe("ref.names");
  });
});

describe("schedules", () => {
  const slotOf = (hook: string): StoredEvent => storedMessage(1, { type: "schedule", channel: "timer", addressed_to: hook });

  test("without triggers and schedule a hook sees every event, timer ticks too", () => {
    expect(condition(undefined)).toBeUndefined();
    expect(condition(undefined, storedMessage(1, { type: "timer_tick", channel: "timer" }))).toBeUndefined();
  });

  test("with a schedule alone it sees its own slots and nothing else", () => {
    expect(condition(undefined, EVENT, HOURLY)).toBe("schedule");
    expect(condition(undefined, slotOf("hook_a"), HOURLY)).toBeUndefined();
    expect(condition(undefined, slotOf("hook_b"), HOURLY)).toBe("addressed_to");
  });

  test("with both it sees its own slots and what its triggers match", () => {
    const triggers: Triggers = { event: { types: ["message"] } };
    expect(condition(triggers, EVENT, HOURLY)).toBeUndefined();
    expect(condition(triggers, slotOf("hook_a"), HOURLY)).toBeUndefined();
    expect(condition(triggers, storedMessage(1, { type: "webhook" }), HOURLY)).toBe("event.types");
  });

  test("a slot of another hook is seen by nobody else, not even by a hook that sees everything", () => {
    expect(condition(undefined, slotOf("hook_b"))).toBe("addressed_to");
  });
});
