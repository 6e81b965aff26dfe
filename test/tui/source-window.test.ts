import { expect, test } from "bun:test";
import { DAY_MS, HOUR_MS } from "../../src/engine/core/retention.ts";
import { listSources } from "../../src/engine/store/list-sources.ts";
import { insertEvents } from "../../src/engine/store/events.ts";
import { RemovalRecord } from "../../src/engine/store/retention/retention-log.ts";
import { SourceWindow } from "../../src/tui/reader/source-window.ts";
import { message, T0, tempStore } from "../helpers/rows.ts";
import { Random } from "../simulation/random.ts";

const STEPS = 300;
const SOURCES = ["chat", "mail", "web"];

// switch: mutants old-events-stay-counted, trimmed-events-stay-counted
test("counts that go on from the last look are those of a fresh count, while events come, age and go, and the clock is set", () => {
  using temp = tempStore();
  const random = new Random(7);
  const { count } = new SourceWindow(temp.store);
  let now = T0;
  let made = 0;
  for (let step = 0; step < STEPS; step += 1) {
    const kind = random.below(10);
    now += kind === 0 ? DAY_MS / 2 : kind === 1 ? -2 * HOUR_MS : random.below(HOUR_MS / 4);
    const events = Array.from({ length: random.below(20) }, () => message((made += 1), { source_adapter: random.pick(SOURCES), received_at: now }));
    temp.store.write(() => {
      insertEvents(temp.store, events, { maxDepth: 8, maxChain: 256 });
      // As the housekeeper does, also of what is young, where the home is too big.
      if (kind !== 2) return;
      const record = new RemovalRecord();
      const gone = temp.store.db.query<{ seq: number; received_at: number }, []>("SELECT seq, received_at FROM events ORDER BY seq LIMIT 15").all();
      for (const { seq } of gone) temp.store.db.query("DELETE FROM events WHERE seq = ?").run(seq);
      record.add("events", "bytes", gone.length, T0);
      record.save(temp.store, now);
    });
    expect([step, listSources(temp.store, now, { count })]).toEqual([step, listSources(temp.store, now)]);
  }
});
