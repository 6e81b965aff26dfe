import { expect, test } from "bun:test";
import { BEAT_MS } from "../../../src/engine/pipeline/heartbeat.ts";
import { getMeta } from "../../../src/engine/store/meta.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { T0 } from "../../helpers/rows.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

// switch: mutant heartbeat-is-written
test("the sign of life moves with a commit, at most every few seconds, and not by itself", async () => {
  const clock = new FakeClock(T0);
  await using t = await TestEngine.start({ clock });
  const beat = (): number | undefined => getMeta(t.store, "heartbeat");
  await t.messages(1);
  expect(beat()).toBe(T0);
  clock.advance(BEAT_MS - 1);
  await t.messages(1);
  expect(beat()).toBe(T0);
  clock.advance(1);
  expect(beat()).toBe(T0);
  await t.messages(1);
  expect(beat()).toBe(T0 + BEAT_MS);
  clock.advance(-BEAT_MS);
  await t.messages(1);
  expect(beat()).toBe(T0);
});
