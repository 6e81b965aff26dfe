import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { eventById } from "../../src/engine/store/event-queries.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { type Ack, Producer } from "../faults/producer.ts";
import { SOURCE } from "../faults/program.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

// switch: mutant import-waits-for-a-batch
test("a line that comes alone is stored at once, and acknowledged when another process can see it", async () => {
  using home = tempHome();
  const acks: Ack[] = [];
  let acked = Promise.withResolvers<void>();
  await using producer = new Producer(SOURCE, home.path, (ack) => {
    acks.push(ack);
    acked.resolve();
  });
  for (let n = 0; n < 3; n += 1) {
    acked = Promise.withResolvers();
    producer.send([{ id: `slow:${n}`, content: `${n}` }]);
    await acked.promise;
    const store = openStore(home.path);
    expect(eventById(store, `slow:${n}`)).toMatchObject({ content: `${n}`, seq: n + 1 });
    store.close();
  }
  acked = Promise.withResolvers();
  producer.send([{ id: "slow:1" }]);
  await acked.promise;
  expect(await producer.finish()).toEqual({ code: 0, err: "" });
  expect(acks).toEqual([
    { line: 1, id: "slow:0", seq: 1, duplicate: false },
    { line: 2, id: "slow:1", seq: 2, duplicate: false },
    { line: 3, id: "slow:2", seq: 3, duplicate: false },
    { line: 4, id: "slow:1", seq: 2, duplicate: true },
  ]);
}, 20_000);

test("--ack answers every line in its order, bad ones too, and prints nothing else", async () => {
  using home = tempHome();
  const lines = ['{"id":"a:1"}', "", "nope", '{"id":"a:1"}', '{"id":"a:2"}'].join("\n");
  const path = join(home.path, "events.ndjson");
  writeFileSync(path, lines);
  const imported = await nexus(home.path, ["events", "import", path, "--ack"]);
  expect(imported).toMatchObject({ code: 6, err: "" });
  expect(imported.out.trimEnd().split("\n").map((line) => JSON.parse(line) as unknown)).toEqual([
    { line: 1, id: "a:1", seq: 1, duplicate: false },
    { line: 3, error: { code: "EVENT_NOT_JSON", message: 'the event is not JSON: unexpected "n" at column 1' } },
    { line: 4, id: "a:1", seq: 1, duplicate: true },
    // A refused duplicate has used up a seq.
    { line: 5, id: "a:2", seq: 3, duplicate: false },
  ]);
});

test("--ack with --strict says nothing before all is good; with --dry-run it makes no sense", async () => {
  using home = tempHome();
  const refused = await nexus(home.path, ["events", "import", "--ack", "--strict", "--json"], { stdin: '{"id":"a:1"}\nnope\n' });
  expect(refused).toMatchObject({ code: 6, out: "" });
  expect(refused.error()).toMatchObject({ code: "EVENT_INVALID" });
  expect((await nexus(home.path, ["events", "import", "--ack", "--dry-run", "--json"], { stdin: "" })).error()).toMatchObject({ code: "USAGE" });
});
