import { expect, test } from "bun:test";
import type { Runner } from "../../../src/engine/broker/runners/runner.ts";
import { insertDispatch } from "../../../src/engine/store/dispatches.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { message } from "../../helpers/rows.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const SESSIONS = 1_000;
const ITEMS = 20;
const PLACES = 50;

test("1 000 busy sessions with 20 items each drain in order, within the limit, none of them twice", async () => {
  const seen = new Map<string, string[]>();
  const running = new Set<string>();
  let most = 0;
  let overlaps = 0;
  const runner = (): Runner => ({
    start: ({ session_key, dispatch_ids }) => {
      if (running.has(session_key)) overlaps += 1;
      running.add(session_key);
      most = Math.max(most, running.size);
      seen.set(session_key, [...(seen.get(session_key) ?? []), ...dispatch_ids]);
      const ended = new Promise<{ status: "done"; text: string }>((resolve) => setImmediate(() => {
        running.delete(session_key);
        resolve({ status: "done", text: "" });
      }));
      return { ended, steer: () => Promise.resolve(false), interrupt: () => undefined };
    },
  });
  await using t = TestEngine.open({ config: { agents: { atlas: { runner: "command", command: ["unused"], max_turns: 1_000 } }, broker: { max_turns: PLACES }, queue: { mode: "followup", ttl_ms: 2_592_000_000 } } as never, broker: { runner } });
  const now = Date.now();
  t.store.write(() => {
    insertEvents(t.store, [message(1)], { maxDepth: 8, maxChain: 1_000 });
    for (let n = 0; n < SESSIONS * ITEMS; n += 1) {
      insertDispatch(t.store, { id: `dsp_${String(n).padStart(5, "0")}`, event_id: "test:1", status: "pending", routing: {}, session_key: `s${n % SESSIONS}`, prompt: "do it", context: { data: {}, include_thread: false }, created_at: now, attempts: 0, not_before: 0, sender: "test" });
    }
  });
  await t.engine.start();
  await t.drain();
  expect(seen.size).toBe(SESSIONS);
  const wrong = [...seen].filter(([, ids]) => ids.length !== ITEMS || ids.some((id, index) => id < (ids[index - 1] ?? "")));
  expect(wrong).toEqual([]);
  expect(overlaps).toBe(0);
  expect(most).toBe(PLACES);
  expect(t.store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM dispatches WHERE status = 'done' AND attempts = 1").get()?.n).toBe(SESSIONS * ITEMS);
}, 120_000);
