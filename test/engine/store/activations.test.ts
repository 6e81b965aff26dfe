import { expect, test } from "bun:test";
import fc from "fast-check";
import { activationsAt, activationsOf, deactivate, lastActivationSeq, ledgerEnd, nextActivationBoundary } from "../../../src/engine/store/activations.ts";
import { deletedBySlug, hookBySlug } from "../../../src/engine/store/hooks.ts";
import { BY, RegistryDesk, scriptOf } from "../registry/registry-desk.ts";

const SLUGS = ["a", "b"] as const;
const OPERATIONS = ["event", "event", "event", "register", "register", "update", "rollback", "enable", "enable", "disable", "delete", "restore", "pause", "pause", "one-shot", "error"] as const;
type Operation = (typeof OPERATIONS)[number];

/** Does it when the hook is in a state for it; what is refused elsewhere is tested elsewhere. */
function perform(desk: RegistryDesk, operation: Operation, slug: string, n: number): void {
  const { registry, store } = desk;
  desk.clock.advance(1);
  const hook = hookBySlug(store, slug);
  const write = { ...BY, keepState: false };
  if (operation === "event") return desk.events(1);
  if (hook === undefined) {
    if (operation === "register") registry.register(scriptOf(slug, `() => ${n}`), BY);
    if (operation === "restore" && deletedBySlug(store, slug) !== undefined) registry.restore(slug, BY);
    return;
  }
  if (operation === "update") registry.update(slug, scriptOf(slug, `() => ${n}`), write);
  if (operation === "rollback" && hook.version.version > 1) registry.rollback(slug, write);
  if (operation === "enable") registry.enable(slug, BY);
  if (operation === "disable") registry.disable(slug, BY);
  if (operation === "delete") registry.remove(slug, BY);
  if (operation === "pause" && hook.status === "active") desk.openBreaker(slug);
  if (hook.status !== "active") return;
  if (operation === "one-shot") store.write(() => deactivate(store, hook.id, { reason: "one-shot fired", at: desk.clock.now(), endedBy: "one-shot fired" }));
  if (operation === "error") store.write(() => deactivate(store, hook.id, { status: "errored", reason: "broken", at: desk.clock.now(), endedBy: "errored" }));
}

/** The versions that would see an event stored now, said in the plainest way. */
function seeing(desk: RegistryDesk): string[] {
  return SLUGS.flatMap((slug) => {
    const hook = hookBySlug(desk.store, slug);
    return hook !== undefined && (hook.status === "active" || hook.status === "paused") ? [hook.version.id] : [];
  }).sort();
}

const plans = fc.array(fc.record({ operation: fc.constantFrom(...OPERATIONS), slug: fc.constantFrom(...SLUGS) }), { minLength: 5, maxLength: 60, size: "max" });

test("whatever happens to hooks, each event belongs for ever to the versions that were active when it was stored", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      using desk = new RegistryDesk();
      const expected = new Map<number, string[]>();
      for (const [n, { operation, slug }] of plan.entries()) {
        if (operation === "event") expected.set(ledgerEnd(desk.store) + 1, seeing(desk));
        perform(desk, operation, slug, n);
      }
      for (const [seq, versions] of expected) expect(activationsAt(desk.store, seq).map(({ version_id }) => version_id).sort()).toEqual(versions);
      const last = lastActivationSeq(desk.store);
      for (const seq of expected.keys()) if (seq > last) expect(activationsAt(desk.store, seq).map(({ version_id }) => version_id).sort()).toEqual(seeing(desk));
      expect(desk.store.db.query("SELECT hook_id FROM hook_activations WHERE until_seq IS NULL GROUP BY hook_id HAVING count(*) > 1").all()).toEqual([]);
    }),
    { numRuns: 60 },
  );
}, 30_000);

test("between two boundaries the set of active versions is one", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      using desk = new RegistryDesk();
      for (const [n, { operation, slug }] of plan.entries()) perform(desk, operation, slug, n);
      const end = ledgerEnd(desk.store);
      for (let seq = 1; seq <= end; ) {
        const until = Math.min(nextActivationBoundary(desk.store, seq) ?? end, end);
        for (let other = seq; other <= until; other += 1) expect(activationsAt(desk.store, other)).toEqual(activationsAt(desk.store, seq));
        seq = until + 1;
      }
    }),
    { numRuns: 30 },
  );
}, 60_000);

test("the ledger's end stays when its events are gone, so nothing old is ever seen as new", () => {
  using desk = new RegistryDesk();
  desk.events(5);
  desk.store.write(() => desk.store.db.run("DELETE FROM events"));
  const { hook } = desk.registry.register(scriptOf("a"), BY);
  expect(activationsOf(desk.store, hook.id)).toEqual([{ hook_id: hook.id, version_id: hook.version.id, from_seq: 5 }]);
});

test("off and on again between two events is one unbroken activation", () => {
  using desk = new RegistryDesk();
  desk.events(2);
  const { hook } = desk.registry.register(scriptOf("a"), BY);
  desk.registry.disable("a", BY);
  desk.registry.enable("a", BY);
  expect(activationsOf(desk.store, hook.id)).toEqual([{ hook_id: hook.id, version_id: hook.version.id, from_seq: 2 }]);
});
