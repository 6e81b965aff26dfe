import { describe, expect, test } from "bun:test";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { activationsOf, ledgerEnd } from "../../../src/engine/store/activations.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { loadState, applyStateWrites } from "../../../src/engine/store/hook-state.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import { findHook } from "../../../src/engine/registry/find-hook.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const BY = { creator: { agent: "atlas" } };
const DAY = 86_400_000;

function events(t: TestEngine, count: number): void {
  const start = ledgerEnd(t.store);
  t.store.write(() => insertEvents(t.store, Array.from({ length: count }, (_, n) => normaliseEvent({ id: `e:${start + n}` }, { now: Date.now(), maxBytes: 10_000 })), { maxDepth: 8, maxChain: 256 }));
}

function activations(t: TestEngine, hookId: string): string[] {
  return activationsOf(t.store, hookId).map(({ from_seq, until_seq, ended_by }) => `${from_seq}-${until_seq ?? ""}${ended_by === undefined ? "" : ` ${ended_by}`}`);
}

function codeOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error.code;
    throw error;
  }
  return "none";
}

/** Everything the database holds, to show that a refusal changed nothing. */
function dump(t: TestEngine): string {
  return JSON.stringify(["hooks", "hook_versions", "hook_activations", "hook_state", "notices", "meta"].map((name) => t.store.db.query(`SELECT * FROM ${name}`).all()));
}

test("what a hook sees of the ledger is exact through its whole life", async () => {
  await using t = TestEngine.open();
  events(t, 2);
  const { id } = t.register("h", "() => undefined");
  events(t, 3);
  t.registry.disable("h", BY);
  events(t, 1);
  t.registry.enable("h", BY);
  t.update("h", "() => null");
  events(t, 2);
  t.registry.rollback("h", { ...BY, keepState: false });
  t.registry.remove("h", BY);
  events(t, 1);
  t.registry.restore(id, BY);
  expect(activations(t, id)).toEqual(["2-5 disabled", "6-6 updated", "6-8 updated", "8-8 deleted", "9-"]);
});

test("state belongs to the version, and is carried over only when asked", async () => {
  await using t = TestEngine.open();
  const first = t.register("h", "() => undefined").version.id;
  t.store.write(() => applyStateWrites(t.store, first, [["n", 7]]));
  const second = t.update("h", "() => null").version.id;
  expect(loadState(t.store, second)).toEqual({});
  const third = t.registry.rollback("h", { ...BY, to: 1, keepState: false }).hook.version.id;
  expect(loadState(t.store, third)).toEqual({});
  t.store.write(() => applyStateWrites(t.store, third, [["n", 8]]));
  const kept = t.registry.rollback("h", { ...BY, to: 2, keepState: true }).hook.version;
  expect([kept.version, loadState(t.store, kept.id)]).toEqual([4, { n: 8 }]);
});

test("the canonical copy is immutable, named by its hash, and shared by equal scripts", async () => {
  await using t = TestEngine.open();
  const { version } = t.register("a", "() => undefined");
  t.register("b", "() => undefined");
  expect(readdirSync(t.store.hooksFolder)).toEqual([`${version.script_hash}.mjs`]);
  expect(statSync(version.script_path).mode & 0o777).toBe(0o400);
  expect(new Bun.CryptoHasher("sha256").update(readFileSync(version.script_path)).digest("hex")).toBe(version.script_hash);
});

test("a hook is found by slug, id and unique prefix; otherwise the error names what could be meant", async () => {
  const clock = new FakeClock("2026-01-01T00:00:00Z");
  await using t = TestEngine.open({ clock });
  const { id } = t.register("casey-safety-check", "() => undefined");
  t.register("other", "() => undefined");
  expect(findHook(t.store, id).id).toBe(id);
  expect(findHook(t.store, id.slice(5).toLowerCase()).id).toBe(id);
  const refuse = (name: string): NexusError => {
    try {
      findHook(t.store, name);
    } catch (error) {
      if (error instanceof NexusError) return error;
    }
    throw new Error("found it");
  };
  expect(refuse("casey-safty-check")).toMatchObject({ code: "HOOK_NOT_FOUND", details: { did_you_mean: ["casey-safety-check"] } });
  expect(refuse(id.slice(5, 12))).toMatchObject({ code: "HOOK_AMBIGUOUS", details: { did_you_mean: ["casey-safety-check", "other"] } });
});

describe("refusals change nothing", () => {
  test.each<[name: string, code: string, act: (t: TestEngine, clock: FakeClock) => unknown]>([
    ["an unknown hook", "HOOK_NOT_FOUND", (t) => t.registry.disable("nobody", BY)],
    ["a changed script under a known name", "HOOK_EXISTS", (t) => t.register("h", "() => 1")],
    ["a version that never was", "VERSION_NOT_FOUND", (t) => t.registry.rollback("h", { ...BY, to: 9, keepState: false })],
    ["a rollback of the first version", "VERSION_NOT_FOUND", (t) => t.registry.rollback("h", { ...BY, keepState: false })],
    ["restoring what is not deleted", "HOOK_WRONG_STATE", (t) => t.registry.restore("h", BY)],
    ["restoring into a name that was given away", "HOOK_EXISTS", (t) => t.registry.restore("gone", BY)],
  ])("%s", async (_, code, act) => {
    const clock = new FakeClock("2026-01-01T00:00:00Z");
    await using t = TestEngine.open({ clock });
    t.register("h", "() => undefined");
    t.register("gone", "() => undefined");
    t.registry.remove("gone", BY);
    t.register("gone", "() => 2");
    const before = dump(t);
    expect(codeOf(() => act(t, clock))).toBe(code);
    expect(dump(t)).toBe(before);
  });

  test("restoring after the retention period", async () => {
    const clock = new FakeClock("2026-01-01T00:00:00Z");
    await using t = TestEngine.open({ clock });
    const { id } = t.register("h", "() => undefined");
    t.registry.remove("h", BY);
    clock.advance(30 * DAY + 1);
    const before = dump(t);
    expect(codeOf(() => t.registry.restore(id, BY))).toBe("RETENTION_PASSED");
    expect(dump(t)).toBe(before);
    clock.advance(-1);
    expect(t.registry.restore(id, BY).hook.status).toBe("active");
  });
});
