import { afterAll, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DiskBench, type DiskCase } from "../faults/disk-case.ts";
import { BINARY, type Program, runProgram } from "../faults/program.ts";
import { type Fault, Shim, shimMissing } from "../faults/shim.ts";
import { tempHome } from "../helpers/temp-home.ts";

const missing = shimMissing();
const shim = missing === undefined ? new Shim() : undefined;
afterAll(() => shim?.[Symbol.dispose]());
if (missing !== undefined) console.warn(`faulty disks are not tested here: ${missing}`);

/** Homes at a time. */
const LANES = 3;
/** Most of these cases is waiting for a daemon that waits before it tries again. */
const WAITING_LANES = 6;
const CALLS = Array.from({ length: 30 }, (_, n) => n + 1);
/** Where only a part is tried in every run; with NEXUS_ALL_FAULTS all are. */
const every = (step: number): number[] => CALLS.filter((n) => process.env["NEXUS_ALL_FAULTS"] !== undefined || n % step === 1);

interface Told extends DiskCase {
  readonly fault: Fault;
}

/** All cases, each after the other on one of a few homes. With `shared`, the producers of every other home are on the faulty disk too. */
async function cases(name: string, faults: readonly Fault[], { lanes = LANES, shared = false } = {}): Promise<Told[]> {
  const waiting = [...faults];
  const done: Told[] = [];
  const lane = async (n: number): Promise<void> => {
    using home = tempHome();
    await using bench = new DiskBench(BINARY, home.path, shim!.disk(`${name}-${n}`), shared && n % 2 === 1);
    await bench.prepare();
    for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) done.push({ fault, ...(await bench.run(fault)) });
    expect(await bench.complete()).toEqual([]);
  };
  await Promise.all(Array.from({ length: lanes }, (_, n) => lane(n)));
  return done;
}

function wrong(done: readonly Told[], right: (one: Told) => boolean): unknown[] {
  return done.filter((one) => one.violations.length > 0 || !right(one));
}

test.skipIf(shim === undefined)("the n-th sync fails, for n to 30: it is not acknowledged, nothing is lost, and the daemon goes on by itself", async () => {
  const done = await cases("sync-once", CALLS.map((from) => ({ kinds: ["sync"], error: "EIO", from, once: true })), { shared: true });
  expect(wrong(done, ({ exit }) => exit === undefined)).toEqual([]);
  // Where it was the daemon's, it said so, and that all is well again; the end of a case may find it reopening.
  const count = ({ told }: Told, kind: string): number => told.filter((one) => one === kind).length;
  expect(done.filter((one) => count(one, "storage_failed") > 0 && count(one, "storage_restored") === count(one, "storage_failed")).length).toBeGreaterThan(5);
  expect(wrong(done, (one) => [0, 1].includes(count(one, "storage_failed") - count(one, "storage_restored")))).toEqual([]);
}, 180_000);

// switch: mutant daemon-ignores-a-failed-commit
test.skipIf(shim === undefined)("every sync from the n-th on fails: the daemon ends with 70 for whoever supervises it, and the next start loses nothing", async () => {
  const done = await cases("sync", every(2).map((from) => ({ kinds: ["sync"], error: "EIO", from })), { lanes: WAITING_LANES });
  expect(wrong(done, ({ exit, told }) => exit === 70 && told.includes("storage_failed"))).toEqual([]);
}, 300_000);

test.skipIf(shim === undefined)("the n-th write fails, or every one from there on", async () => {
  const done = await cases("write", every(5).flatMap((from): Fault[] => [{ kinds: ["write"], error: "EIO", from, once: true }, { kinds: ["write", "truncate"], error: "EIO", from }]), { lanes: WAITING_LANES });
  expect(wrong(done, ({ fault, exit }) => exit === (fault.once === true ? undefined : 70))).toEqual([]);
}, 180_000);

test.skipIf(shim === undefined)("a full disk: events are refused, reads work, and when there is room again it goes on without a restart", async () => {
  using home = tempHome();
  const disk = shim!.disk("full");
  await using bench = new DiskBench(BINARY, home.path, disk, true);
  await bench.prepare();
  await bench.start();
  await bench.goesOn();
  disk.fail({ kinds: ["write"], error: "ENOSPC", from: 1 });
  expect(await bench.daemon.until("storage_failed")).toMatchObject({ code: "DATABASE_FULL" });
  const run = async (...args: string[]): Promise<{ code: number; out: string; err: string }> => await runProgram(disk.under(BINARY), home.path, [...args, "--json"]);
  const emitted = await run("events", "emit", "--content", "x");
  expect([emitted.code, emitted.out]).toEqual([7, ""]);
  expect(JSON.parse(emitted.err)).toMatchObject({ error: { code: "DATABASE_FULL", retryable: true } });
  expect((JSON.parse((await run("hooks", "list")).out) as unknown[]).length).toBe(3);
  expect((await run("events", "list", "--last", "5")).code).toBe(0);
  expect(JSON.parse((await run("status")).out)).toMatchObject({ daemon: { running: true, pid: bench.daemon.process.pid } });
  disk.heal();
  await bench.daemon.until("storage_restored");
  await bench.goesOn();
  const done = await bench.finish();
  expect(done).toMatchObject({ exit: undefined, violations: [] });
  expect(await bench.complete()).toEqual([]);
  expect(new Set(done.refusals)).toEqual(new Set(["DATABASE_FULL"]));
  expect(existsSync(join(home.path, "state", "ballast"))).toBe(true);
}, 60_000);

// switch: mutant checkpoint-ends-the-daemon
test.skipIf(shim === undefined)("a checkpoint that the disk refuses is no end: the log keeps everything", async () => {
  using home = tempHome();
  const disk = shim!.disk("checkpoint");
  await using bench = new DiskBench(BINARY, home.path, disk, false);
  await bench.prepare();
  await bench.start();
  // Only a checkpoint syncs the database itself.
  disk.fail({ kinds: ["sync"], files: "database", error: "EIO", from: 1, once: true });
  const path = join(home.path, "large.ndjson");
  writeFileSync(path, Array.from({ length: 400 }, (_, n) => `${JSON.stringify({ id: `large:${n}`, channel: "other", content: "x ".repeat(25_000) })}\n`).join(""));
  expect((await runProgram(BINARY, home.path, ["events", "import", path])).code).toBe(0);
  while (disk.counts.failed === 0 && bench.daemon.process.exitCode === null) await bench.goesOn(1);
  await bench.goesOn();
  expect(await bench.finish()).toMatchObject({ exit: undefined, violations: [] });
  expect(await bench.complete()).toEqual([]);
}, 60_000);

// switch: mutant full-disk-asked-all-the-time
test.skipIf(shim === undefined)("while the disk stays full a daemon uses no processor time to speak of, and can be stopped", async () => {
  using home = tempHome();
  const disk = shim!.disk("stays-full");
  await using bench = new DiskBench(BINARY, home.path, disk, false);
  await bench.prepare();
  await bench.start();
  await bench.goesOn();
  disk.fail({ kinds: ["write", "truncate"], error: "ENOSPC", from: 1 });
  await bench.daemon.until("storage_failed");
  const before = await cpuSeconds(bench.daemon.process.pid);
  await Bun.sleep(2_000);
  expect((await cpuSeconds(bench.daemon.process.pid)) - before).toBeLessThan(0.8);
  const started = performance.now();
  expect(await bench.daemon.end("SIGTERM")).toBeLessThanOrEqual(70);
  expect(performance.now() - started).toBeLessThan(10_000);
}, 60_000);

/** No tool but the shell's own limit on the size of a file: a write past it fails with EFBIG, and SIGXFSZ ends nobody. */
test.skipIf(process.platform !== "linux")("a file that may not grow: the command says so, what was there stays", async () => {
  using home = tempHome();
  const emit = async (program: Program, id: string): Promise<{ code: number; out: string; err: string }> => await runProgram(program, home.path, ["events", "emit", "--id", id, "--content", "x ".repeat(50_000), "--json"]);
  const limited: Program = { argv: ["bash", "-c", 'ulimit -f 128; exec "$0" "$@"', ...BINARY.argv] };
  expect((await emit(BINARY, "a:1")).code).toBe(0);
  const refused = await emit(limited, "a:2");
  expect([refused.code, refused.out]).toEqual([7, ""]);
  expect(JSON.parse(refused.err)).toMatchObject({ error: { code: expect.stringMatching(/^DATABASE_(IO|FULL)$/), retryable: true } });
  expect((await emit(BINARY, "a:3")).code).toBe(0);
  const events = JSON.parse((await runProgram(BINARY, home.path, ["events", "list", "--json"])).out) as { id: string }[];
  expect(events.map(({ id }) => id).toSorted()).toEqual(["a:1", "a:3"]);
}, 20_000);

/** Of a process, user and system (Linux counts them in hundredths). */
async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await Bun.file(`/proc/${pid}/stat`).text()).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
