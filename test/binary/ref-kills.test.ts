import { expect, test } from "bun:test";
import { verifyAudit } from "../../src/engine/store/audit.ts";
import { violations } from "../../src/engine/store/invariants.ts";
import { leftBehind } from "../faults/left-behind.ts";
import { Random } from "../simulation/random.ts";
import { refKillViolations } from "./ref-kill-oracle.ts";
import { RefKillWorld } from "./ref-kill-world.ts";

const SEED = 1;
/** At most: on a busy machine, where each takes its time, fewer. */
const ROUNDS = 8;
const ROUNDS_MS = 8_000;

// switch: mutants webhooks-after-the-commit, sent-before-it-is-sent, runs-are-lost-in-a-crash
test("a daemon and three writers that are killed again and again: webhooks, runs, audit rows, cascades and events exist exactly when the update does", async () => {
  const random = new Random(SEED);
  await using world = new RefKillWorld(SEED);
  const started = performance.now();
  for (let round = 0; round < ROUNDS && performance.now() - started < ROUNDS_MS; round += 1) await world.round(round, random);
  const killed = performance.now();
  await world.drain();
  const { store, said, kills, receiver: { heard } } = world;
  const count = (sql: string): number => store.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${sql}`).get()?.n ?? 0;
  const again = store.db.query<{ n: number }, []>("SELECT sum(attempts - 1) AS n FROM runs").get()?.n ?? 0;
  const figures = { kills, updates: count("ref_history"), said: said.done.length, undone: said.undone.length, webhooks: count("ref_outbox"), heard: heard.length, runs: count("runs"), again };
  console.log(`${JSON.stringify(figures)}; rounds ${Math.round(killed - started)} ms, drained in ${Math.round(performance.now() - killed)} ms`);
  expect(world.problems).toEqual([]);
  expect(refKillViolations(store, said, heard)).toEqual([]);
  expect([violations(store.db), verifyAudit(store.db).broken]).toEqual([[], undefined]);
  expect(await leftBehind(world.home)).toEqual([]);
  // Or nothing was shown: there was much to lose, something was undone, and something was heard twice.
  expect(kills.daemon).toBeGreaterThan(2);
  expect([kills.writers, said.done.length, said.undone.length, heard.length - figures.webhooks].map((n) => n > 5)).toEqual([true, true, true, true]);
}, 60_000);
