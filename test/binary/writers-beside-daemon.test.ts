import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../src/engine/store/open.ts";
import { DaemonProcess } from "../faults/daemon-process.ts";
import { loadEvent, prepareHome } from "../faults/load.ts";
import { violations } from "../faults/oracle.ts";
import { Producer } from "../faults/producer.ts";
import { BINARY, runProgram } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";

const RUN_MS = 4_000;
/** Events that each of the two importers hands over together. */
const BURST = 20;

type Outcome = { readonly args: readonly string[]; readonly code: number; readonly err: string };

/** Runs one command after the other until the time is over. */
async function again(home: string, until: number, args: (n: number) => readonly string[], after: (n: number, out: string) => void = () => undefined): Promise<Outcome[]> {
  const done: Outcome[] = [];
  for (let n = 0; performance.now() < until; n += 1) {
    const { code, out, err } = await runProgram(BINARY, home, args(n));
    if (code === 0) after(n, out);
    done.push({ args: args(n), code, err });
  }
  return done;
}

// switch: mutant writers-do-not-wait
test("eight writers beside a loaded daemon: no command says busy, nothing is lost, and changes of hooks are seen", async () => {
  using home = tempHome();
  await prepareHome(BINARY, home.path);
  const scratch = (name: string, n: number): string => {
    const path = join(home.path, `${name}.ts`);
    writeFileSync(path, `export const hook: Hook = { name: "${name}", triggers: { event: { types: ["nothing"] } }, handler: () => ({ fire: false }) };\n// ${n}\n`);
    return path;
  };
  await using daemon = new DaemonProcess(BINARY, home.path);
  await daemon.until("started");
  const acked = new Map<string, number>();
  const until = performance.now() + RUN_MS;
  let next = 0;
  const importer = async (): Promise<Outcome[]> => {
    let waiting = 0;
    await using producer = new Producer(BINARY, home.path, ({ id, seq }) => {
      waiting -= 1;
      acked.set(id, seq);
    });
    while (performance.now() < until && producer.process.exitCode === null) {
      if (waiting === 0) {
        producer.send(Array.from({ length: BURST }, () => loadEvent(next++)));
        waiting = BURST;
      }
      await Bun.sleep(2);
    }
    return [{ args: ["events", "import"], ...(await producer.finish()) }];
  };
  const emit = (n: number): readonly string[] => ["events", "emit", JSON.stringify(loadEvent(1_000_000 + n)), "--json"];
  const keep = (_: number, out: string): void => {
    const { id, seq } = JSON.parse(out) as { id: string; seq: number };
    acked.set(id, seq);
  };
  const done = (
    await Promise.all([
      importer(),
      importer(),
      again(home.path, until, (n) => emit(n * 3), keep),
      again(home.path, until, (n) => emit(n * 3 + 1), keep),
      again(home.path, until, (n) => emit(n * 3 + 2), keep),
      again(home.path, until, (n) => ["hooks", "register", scratch("changing", n), "--upsert", "--json"]),
      again(home.path, until, (n) => ["hooks", n % 2 === 0 ? "disable" : "enable", "quick", "--json"]),
      again(home.path, until, (n) => ["hooks", "register", scratch(`new-${n}`, n), "--json"]),
    ])
  ).flat();
  expect(done.filter(({ code }) => code !== 0)).toEqual([]);
  expect(acked.size).toBeGreaterThan(100);
  // The last word on `quick` is that it is on; the daemon, which still runs, has to see that.
  await runProgram(BINARY, home.path, ["hooks", "enable", "quick"]);
  const { out } = await runProgram(BINARY, home.path, ["events", "emit", JSON.stringify(loadEvent(5_000_000)), "--json"]);
  const { id } = JSON.parse(out) as { id: string };
  await daemon.until("fired", (line) => line["hook"] === "quick" && line["event_id"] === id);
  expect(await daemon.end("SIGTERM")).toBe(0);
  expect((await runProgram(BINARY, home.path, ["serve", "--once"])).code).toBe(0);
  const store = openStore(home.path);
  expect(violations(store, acked, { complete: true })).toEqual([]);
  expect(readFileSync(join(store.hooksFolder, "..", "daemon.json"), "utf8")).toContain("pid");
  store.close();
}, 90_000);
