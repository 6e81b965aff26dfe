import { expect, test } from "bun:test";
import { createBranch } from "../../../src/engine/refs/create-branch.ts";
import { forkBranch, promoteBranch, removeBranch } from "../../../src/engine/refs/branch-updates.ts";
import { enableRefHook, removeRefHook } from "../../../src/engine/refs/hook-change.ts";
import type { RefHost } from "../../../src/engine/refs/frame.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import type { Ask } from "../../../src/engine/refs/asked.ts";
import { verifyAudit } from "../../../src/engine/store/audit.ts";
import { violations } from "../../../src/engine/store/invariants.ts";
import { Random } from "../../simulation/random.ts";
import { failureOf, RefDesk } from "./ref-desk.ts";
import { RefModel } from "./ref-model.ts";

const SEQUENCES = 30;
const STEPS = 60;
/** Hooks of a sequence before its first step: without them most of its updates would run none. */
const HOOKS = 12;
const PREFIX = "m";
const BRANCHES = ["HEAD", "x", "y"] as const;
const NAMES = [...BRANCHES.flatMap((branch) => ["human", "persona", "world"].map((part) => `${PREFIX}/${part}/${branch}`)), "free/1", "free/2"];

class Killed extends Error {}

/** Dies in the middle of a transaction, before its commit or after it, as a process would: what was not committed is gone. */
function dying(host: RefHost, at: "inside" | "before commit" | "after commit"): RefHost {
  return {
    ...host,
    transaction: (work) => {
      const value = host.transaction(() => {
        const done = work();
        if (at === "before commit") throw new Killed("before the commit");
        return done;
      });
      if (at === "after commit") throw new Killed("after the commit");
      return value;
    },
    accept: (events) => {
      if (at === "inside") throw new Killed("inside the transaction");
      host.accept(events);
    },
  };
}

/**
 * Random sets, deletions, forks, promotions, deletions of branches and changes of hooks, with hooks that fail, hooks that
 * move other refs along and with deaths in between, against a model that does the same with plain maps.
 */
// switch: mutants a-failure-is-committed, hooks-of-a-branch-that-is-off, promote-writes-all, cascades-run-no-hooks
test(`state, history, audit and webhooks equal the model's, in ${SEQUENCES} random sequences of ${STEPS} steps`, async () => {
  await using desk = new RefDesk();
  desk.action("fail", "() => { throw new Error('injected') }");
  desk.action("copy", "({ hook, passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: hook.config.to, passage_id: passage.id } }] })");
  for (let seed = 1; seed <= SEQUENCES; seed += 1) await sequence(desk, seed);
}, 120_000);

async function sequence(desk: RefDesk, seed: number): Promise<void> {
  const random = new Random(seed);
  const model = new RefModel();
  clear(desk);
  for (let n = 0; n < HOOKS; n += 1) addHook(desk, model, random);
  for (let step = 0; step < STEPS; step += 1) {
    const before = stateOf(desk);
    const what = await one(desk, model, random);
    const place = `seed ${seed}, step ${step}: ${what}`;
    expect([place, stateOf(desk)]).toEqual([place, model.state()]);
    if (what.includes("fails")) expect([place, stateOf(desk)]).toEqual([place, before]);
  }
  expect([seed, violations(desk.store.db), verifyAudit(desk.store.db).broken]).toEqual([seed, [], undefined]);
}

function addHook(desk: RefDesk, model: RefModel, random: Random): string {
  const name = random.pick(NAMES);
  const action = random.pick(["audit_log", "audit_log", "audit_log", "webhook", "webhook", "webhook", "copy", "copy", "copy", "fail"] as const);
  const to = action === "copy" ? random.pick(NAMES) : `https://example.com/${random.below(100)}`;
  const config = { audit_log: { destination: to }, webhook: { url: to }, copy: { to }, fail: {} }[action];
  model.hook(desk.hook(name, action, config).id, name, action, to);
  return `hook ${action} on ${name}`;
}

/** One random step, in both; returns what it was. */
async function one(desk: RefDesk, model: RefModel, random: Random): Promise<string> {
  const name = random.pick(NAMES);
  const [source, target] = [random.pick(BRANCHES), random.pick(BRANCHES)];
  const hooks = random.next() < 0.85;
  const death = random.next() < 0.15 ? random.pick(["inside", "before commit", "after commit"] as const) : undefined;
  const update = async (what: string, ask: Ask, expected: () => boolean): Promise<string> => {
    const snapshot = model.copy();
    const ok = expected();
    const failure = await failureOf(updateRefs(death === undefined ? desk.host : dying(desk.host, death), ask));
    const survives = ok && (death === undefined || death === "after commit");
    if (!survives) model.restore(snapshot);
    // A death hides whether it would have failed; without one the model knows.
    if (death === undefined) expect([what, failure.code === "done"]).toEqual([what, ok]);
    return `${what}${death === undefined ? "" : `, killed ${death}`}${survives ? "" : ", fails"} (${failure.code}: ${failure.message})`;
  };
  switch (random.pick(["set", "set", "set", "set", "set", "set", "delete", "fork", "promote", "remove", "create", "hook", "hook", "toggle", "unhook"] as const)) {
    case "set": {
      const content = String(random.below(1_000_000));
      const passage = desk.passage(content);
      return await update(`set ${name}${hooks ? "" : " without hooks"}`, () => ({ writes: [{ ref_name: name, passage, action: "set", hooks }] }), () => model.set(name, content, hooks));
    }
    case "delete":
      return await update(`delete ${name}`, () => ({ writes: [{ ref_name: name, action: "delete", hooks: false }] }), () => model.remove(name));
    case "fork":
      return await update(`fork ${source} ${target}`, (store) => forkBranch(store, `${PREFIX}/${source}`, `${PREFIX}/${target}`, { ids: desk.ids, now: 1 }), () => model.fork(PREFIX, source, target));
    case "promote":
      return await update(`promote ${source} ${target}`, (store) => promoteBranch(store, `${PREFIX}/${source}`, `${PREFIX}/${target}`, hooks), () => model.promote(PREFIX, source, target, hooks));
    case "remove": {
      const withRefs = random.next() < 0.5;
      return await update(`remove ${source}${withRefs ? " with its refs" : ""}`, (store) => removeBranch(store, `${PREFIX}/${source}`, withRefs), () => model.removeBranch(PREFIX, source, withRefs));
    }
    case "create": {
      const isMain = source === "HEAD";
      const ok = model.create(PREFIX, source, isMain);
      const failure = await failureOf(Promise.try(() => createBranch(desk.store, `${PREFIX}/${source}`, { isMain, ids: desk.ids, now: 1, dryRun: false })));
      expect(["create", source, failure.code === "done"]).toEqual(["create", source, ok]);
      return `create ${source}`;
    }
    case "hook":
      return addHook(desk, model, random);
    case "toggle":
    case "unhook": {
      const id = model.someHook(random.next());
      if (id === undefined) return "no hook to change";
      if (random.next() < 0.5) {
        removeRefHook(desk.store, id, false);
        model.unhook(id);
        return `unhook ${id}`;
      }
      const enabled = random.next() < 0.5;
      enableRefHook(desk.store, id, enabled, { limits: desk.config.refs, dryRun: false });
      model.toggle(id, enabled);
      return `${enabled ? "enable" : "disable"} ${id}`;
    }
  }
}

function clear(desk: RefDesk): void {
  desk.store.db.run("DROP TRIGGER audit_is_not_deleted");
  for (const table of ["refs", "ref_history", "passages", "branches", "passage_ref_hooks", "ref_hook_executions", "audit_log", "audit_head", "ref_outbox"]) desk.store.db.run(`DELETE FROM ${table}`);
  desk.store.db.run("CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END");
}

/** What the model knows, too: contents in place of passages' ids. */
function stateOf({ store: { db } }: RefDesk): ReturnType<RefModel["state"]> {
  const all = <Row>(sql: string): Row[] => db.query<Row, []>(sql).all();
  const content = "(SELECT content FROM passages WHERE id = ";
  return {
    refs: all(`SELECT name, ${content} passage_id) AS at FROM refs ORDER BY name`),
    history: all(`SELECT ref_name AS name, ${content} passage_id) AS at, ${content} previous_passage_id) AS before, action, hooks FROM ref_history ORDER BY seq`),
    branches: all("SELECT name, is_main AS main, hooks_enabled AS hooks, (SELECT name FROM branches b WHERE b.id = branches.parent_id) AS parent FROM branches ORDER BY name"),
    audit: all(`SELECT destination, ref_name AS name, ${content} passage_id) AS at, ${content} previous_passage_id) AS before FROM audit_log ORDER BY seq`),
    outbox: all(`SELECT json_extract(request_json, '$.url') AS url, o.ref_name AS name, ${content} h.passage_id) AS at, ${content} h.previous_passage_id) AS before FROM ref_outbox o LEFT JOIN ref_history h ON h.id = o.update_id ORDER BY o.rowid`),
  };
}
