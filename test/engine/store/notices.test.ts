import { expect, test } from "bun:test";
import { addNotice, NOTICES_KEPT } from "../../../src/engine/store/notices.ts";
import { RegistryDesk } from "../registry/registry-desk.ts";

test("the table of notices does not grow without bound, and the newest stay", () => {
  using desk = new RegistryDesk();
  const { store } = desk;
  const count = (): number => store.db.query<{ n: number }, []>("SELECT count(*) AS n FROM notices").get()?.n ?? 0;
  // As if so many had been written before: only the numbers matter to the trimming.
  store.write(() => {
    store.db.run(`WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ${NOTICES_KEPT + 1_500})
      INSERT INTO notices(seq, id, at, kind, data_json) SELECT seq, 'ntc_' || seq, seq, 'hook_enabled', '{}' FROM n`);
  });
  store.write(() => {
    for (let n = 0; n < 500; n += 1) addNotice(store, { id: `ntc_new_${n}`, at: n, kind: "hook_enabled", data: { n } });
  });
  expect(count()).toBe(NOTICES_KEPT);
  const newest = store.db.query<{ id: string; data_json: string }, []>("SELECT id, data_json FROM notices ORDER BY seq DESC LIMIT 1").get();
  expect(newest).toEqual({ id: "ntc_new_499", data_json: '{"n":499}' });
});

test("a notice is part of its transaction", () => {
  using desk = new RegistryDesk();
  const { store } = desk;
  const act = (): void =>
    store.write(() => {
      addNotice(store, { id: "ntc_1", at: 1, kind: "hook_deleted", hook_id: "hook_1", event_id: "e:1", data: {} });
      throw new Error("undone");
    });
  expect(act).toThrow("undone");
  expect(store.db.query("SELECT * FROM notices").all()).toEqual([]);
});
