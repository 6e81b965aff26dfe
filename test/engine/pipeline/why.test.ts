import { describe, expect, test } from "bun:test";
import type { NewEvent, Standing } from "../../../src/engine/core/event.ts";
import type { Hook, HookMetadata } from "../../../src/engine/core/hook.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import type { Invocation } from "../../../src/engine/core/invocation.ts";
import type { WhyEntry } from "../../../src/engine/pipeline/why.ts";
import { whyEvent } from "../../../src/engine/pipeline/why.ts";
import type { NewScript } from "../../../src/engine/registry/hook-change.ts";
import { HookRegistry } from "../../../src/engine/registry/registry.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { insertInvocations } from "../../../src/engine/store/invocations.ts";
import { setMeta } from "../../../src/engine/store/meta.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { invocation, message, T0, tempStore } from "../../helpers/rows.ts";
import { hookWith } from "../registry/trigger-hooks.ts";

const BY = { creator: { agent: "atlas" } };

/** Senders `known` and `denied` are. */
function standingOf({ sender_id }: NewEvent): Standing | undefined {
  if (sender_id === "known") return { denied: false, principal: { type: "known", name: "Casey", relationship: "family" } };
  return sender_id === "denied" ? { denied: true, access: { policy: "strangers" } } : undefined;
}

/** A ledger, a registry, and what `why` says about them. */
function desk(): Disposable & {
  readonly registry: HookRegistry;
  register(name: string, conditions?: Pick<HookMetadata, "triggers" | "schedule">): string;
  update(name: string, conditions: Pick<HookMetadata, "triggers" | "schedule">): void;
  accept(n: number, parts?: Partial<NewEvent>): string;
  evaluated(n: number, hookId: string, parts?: Partial<Invocation>): void;
  evaluatedUpTo(seq: number): void;
  why(eventId: string, hook?: Hook): readonly WhyEntry[];
} {
  const temp = tempStore();
  const { store } = temp;
  const clock = new FakeClock(T0);
  const registry = new HookRegistry({ store, clock, ids: createIds(), deleteRetentionDays: 30 });
  return {
    registry,
    register: (name, conditions) => registry.register(script(name, conditions), BY).hook.id,
    update: (name, conditions) => void registry.update(name, script(name, conditions), { ...BY, keepState: false }),
    accept: (n, parts) => {
      clock.advance(1_000);
      return store.write(() => insertEvents(store, [message(n, parts)], { maxDepth: 2, maxChain: 256, standingOf }))[0]?.event.id ?? "";
    },
    evaluated: (n, hookId, parts) => insertInvocations(store, [invocation(n, { id: `inv_${n}_${hookId}`, hook_id: hookId, ...parts })]),
    evaluatedUpTo: (seq) => setMeta(store, "eval_cursor", seq),
    why: (eventId, hook) => whyEvent(store, eventId, hook).hooks,
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

function script(name: string, conditions: Pick<HookMetadata, "triggers" | "schedule"> = {}): NewScript {
  const { metadata } = hookWith(name, conditions).version;
  const bundle = `export default () => undefined; // ${name} ${JSON.stringify(conditions)}`;
  const bundleHash = new Bun.CryptoHasher("sha256").update(bundle).digest("hex");
  return { slug: name, metadata, sourcePath: `/nowhere/${name}.ts`, sourceHash: bundleHash, bundle, bundleHash };
}

describe("a hook that was evaluated", () => {
  test.each<[Partial<Invocation>, string, string]>([
    [{ outcome: "fired", fired: true }, "fired", "it returned fire: true"],
    [{ outcome: "no_fire", reason: "unknown field `x` in the HookResult was ignored" }, "no_fire", "it returned fire: false (unknown field `x` in the HookResult was ignored)"],
    [{ outcome: "timeout", error: "timed out after 50 ms" }, "failed", "timed out after 50 ms"],
    [{ outcome: "skipped_circuit", reason: "breaker is open after 5 consecutive failures" }, "skipped", "breaker is open after 5 consecutive failures"],
  ])("with %j is explained by its outcome", (parts, verdict, because) => {
    using it = desk();
    const hook = it.register("a");
    const event = it.accept(1);
    it.evaluated(1, hook, parts);
    expect(it.why(event)).toMatchObject([{ hook: "a", verdict, because, invocation_id: `inv_1_${hook}`, outcome: parts.outcome }]);
  });

  test("keeps its outcome when it is disabled or deleted later", () => {
    using it = desk();
    const hook = it.register("a");
    const event = it.accept(1);
    it.evaluated(1, hook, { outcome: "fired", fired: true });
    it.registry.remove("a", BY);
    expect(it.why(event)).toMatchObject([{ verdict: "fired" }]);
  });
});

describe("a hook that was not evaluated", () => {
  test("waits for its turn, or its outcome is no longer kept", () => {
    using it = desk();
    it.register("a");
    const event = it.accept(1);
    expect(it.why(event)).toMatchObject([{ verdict: "pending" }]);
    it.evaluatedUpTo(1);
    expect(it.why(event)).toMatchObject([{ verdict: "no_record" }]);
  });

  test("did not match: the condition, what it wanted, what the event has", () => {
    using it = desk();
    it.register("a", { triggers: { event: { channels: ["email", "sms"] } } });
    expect(it.why(it.accept(1))).toMatchObject([
      { verdict: "trigger_did_not_match", because: 'event.channels wants "email" or "sms"; the event has "test"', mismatch: { condition: "event.channels", expected: ["email", "sms"], actual: "test" }, version: 1 },
    ]);
  });

  test("is asked with the triggers it had when the event was accepted", () => {
    using it = desk();
    it.register("a", { triggers: { event: { channels: ["email"] } } });
    const before = it.accept(1);
    it.update("a", { triggers: { event: { channels: ["test"] } } });
    const after = it.accept(2);
    expect(it.why(before)).toMatchObject([{ verdict: "trigger_did_not_match", version: 1 }]);
    expect(it.why(after)).toMatchObject([{ verdict: "pending", version: 2 }]);
  });

  test("was registered later", () => {
    using it = desk();
    const event = it.accept(1);
    it.register("a");
    expect(it.why(event)).toMatchObject([{ verdict: "not_registered_then", because: "the event was accepted before the hook was registered, at 2026-01-28T01:30:01.000Z" }]);
  });

  test("was disabled then, and still is, or no longer", () => {
    using it = desk();
    it.register("a");
    it.registry.disable("a", { ...BY, reason: "Testing" });
    const event = it.accept(1);
    expect(it.why(event)).toMatchObject([{ verdict: "not_active_then", because: "the hook was inactive when the event was accepted: disabled (Testing), since 2026-01-28T01:30:00.000Z" }]);
    it.registry.enable("a", BY);
    expect(it.why(event)).toMatchObject([{ verdict: "not_active_then", because: "the hook was inactive when the event was accepted: disabled; it was enabled again later" }]);
    expect(it.why(it.accept(2))).toMatchObject([{ verdict: "pending" }]);
  });

  test("was deleted before: it is explained when asked for, and not listed", () => {
    using it = desk();
    it.register("a");
    const { hook } = it.registry.remove("a", BY);
    const event = it.accept(1);
    expect(it.why(event)).toEqual([]);
    expect(it.why(event, hook)).toMatchObject([{ verdict: "deleted", because: "the hook was deleted when the event was accepted, since 2026-01-28T01:30:00.000Z" }]);
  });

  test("was stopped by the loop guard", () => {
    using it = desk();
    it.register("a");
    it.register("b", { triggers: { event: { types: ["webhook"] } } });
    expect(it.why(it.accept(1, { depth: 3 }))).toMatchObject([{ hook: "a", verdict: "suppressed" }, { hook: "b", verdict: "trigger_did_not_match" }]);
  });

  test("was to see an event that was denied: by which policy", () => {
    using it = desk();
    it.register("a");
    it.register("b", { triggers: { event: { types: ["webhook"] } } });
    const event = it.accept(1, { sender_id: "denied" });
    it.evaluatedUpTo(1);
    expect(it.why(event)).toMatchObject([{ hook: "a", verdict: "denied", because: 'the access policy "strangers" denied it when it was stored' }, { hook: "b", verdict: "trigger_did_not_match" }]);
  });

  test("is asked with who the sender was when the event was accepted", () => {
    // switch: mutant why-forgets-the-person
    using it = desk();
    it.register("close", { triggers: { principal: { relationship: ["family"] } } });
    it.register("strangers", { triggers: { principal: { type: ["unknown"] } } });
    expect(it.why(it.accept(1, { sender_id: "known" }))).toMatchObject([{ hook: "close", verdict: "pending" }, { hook: "strangers", because: 'principal.type wants "unknown"; the event has "known"' }]);
    expect(it.why(it.accept(2, { sender_id: "x" }))).toMatchObject([{ hook: "strangers", verdict: "pending" }, { hook: "close", because: 'principal.relationship wants "family"; the event has none' }]);
  });

  test("has its own slots, and this is one of another", () => {
    using it = desk();
    const hook = it.register("a", { schedule: { every: "1h" } });
    it.register("b");
    const slot = it.accept(1, { type: "schedule", channel: "timer", addressed_to: hook });
    expect(it.why(slot)).toMatchObject([{ hook: "a", verdict: "pending" }, { hook: "b", verdict: "addressed_to_another" }]);
    expect(it.why(it.accept(2))).toMatchObject([{ hook: "b", verdict: "pending" }, { hook: "a", verdict: "trigger_did_not_match", because: "it has a schedule and no triggers, so it sees only its own slots" }]);
  });
});

test("the interesting ones come first", () => {
  using it = desk();
  const names = ["quiet", "skipped", "failed", "fired", "none"];
  const [, skipped = "", failed = "", fired = "", none = ""] = names.map((name) => it.register(name, name === "quiet" ? { triggers: { event: { types: ["x"] } } } : {}));
  const event = it.accept(1);
  it.evaluated(1, none);
  it.evaluated(1, skipped, { outcome: "skipped_quota", reason: "used up" });
  it.evaluated(1, failed, { outcome: "error", error: "no" });
  it.evaluated(1, fired, { outcome: "fired", fired: true });
  expect(it.why(event).map(({ hook }) => hook)).toEqual(["fired", "failed", "skipped", "none", "quiet"]);
});

test("an event that is not stored is an error", () => {
  using it = desk();
  expect(() => it.why("test:9")).toThrow('no stored event has the id "test:9"');
});
