import { expect, test } from "bun:test";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeBackup } from "../../../src/engine/backup/make-backup.ts";
import { restoreBackup, type RestoreOptions } from "../../../src/engine/backup/restore-backup.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { takeDaemonLock } from "../../../src/engine/store/daemon-lock.ts";
import { quickCheck } from "../../../src/engine/store/health.ts";
import { openStore } from "../../../src/engine/store/open.ts";
import { rows, T0 } from "../../helpers/rows.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

const LATER = T0 + 1_000;

function options(home: string, file: string, parts: Partial<RestoreOptions> = {}): RestoreOptions {
  return { home, file, now: LATER, noticeId: "ntc_1", dryRun: false, step: () => undefined, ...parts };
}

/** A home with 10 evaluated events, a backup of it, and 7 events more, whose log a kill left beside the database. */
async function usedHome(home: string): Promise<string> {
  const engine = await TestEngine.start({ home });
  engine.register("fires", "() => ({ fire: true })");
  await engine.messages(10);
  await engine.drain();
  const file = join(home, "b.db");
  makeBackup({ home, file, replace: false, keep: undefined, now: T0, version: "1", dryRun: false, onPhase: () => undefined });
  await engine.messages(7);
  await engine.drain();
  const copy = `${home}-copy`;
  cpSync(join(home, "state"), copy, { recursive: true });
  await engine.stop();
  rmSync(join(home, "state"), { recursive: true });
  cpSync(copy, join(home, "state"), { recursive: true });
  rmSync(copy, { recursive: true });
  return file;
}

function eventsIn(home: string): number {
  const store = openStore(home);
  try {
    expect(quickCheck(store.db)).toEqual([]);
    return (rows(store, "SELECT count(*) AS n FROM events")[0] as { n: number }).n;
  } finally {
    store.close();
  }
}

function aside(home: string): string[] {
  return readdirSync(join(home, "state")).filter((name) => name.startsWith("replaced-"));
}

test("the home is the backup's, the old database is beside it with its log, and it says what is only there", async () => {
  using home = tempHome();
  const file = await usedHome(home.path);
  const dry = restoreBackup(options(home.path, file, { dryRun: true }));
  expect(dry.gone).toMatchObject({ events: 7 });
  expect(aside(home.path)).toEqual([]);
  const restored = restoreBackup(options(home.path, file));
  expect(restored.gone).toMatchObject({ events: 7, first_received_at: expect.any(Number) });
  expect(eventsIn(home.path)).toBe(10);
  expect(existsSync(join(restored.replaced ?? "", "nexus.db-wal"))).toBe(true);
  using old = tempHome();
  cpSync(restored.replaced ?? "", join(old.path, "state"), { recursive: true });
  expect(eventsIn(old.path)).toBe(17);
  const store = openStore(home.path);
  expect(rows(store, "SELECT kind FROM notices WHERE id = 'ntc_1'")).toEqual([{ kind: "database_restored" }]);
  expect(rows(store, "SELECT name FROM sqlite_schema WHERE name LIKE 'nexus_backup%'")).toEqual([]);
  store.close();
});

// switch: mutant restore-intent
test("killed between any two steps, the home is the old one or the new one, whole, and the old files are all there", async () => {
  using template = tempHome();
  const file = await usedHome(template.path);
  const steps: string[] = [];
  {
    using home = tempHome();
    cpSync(template.path, home.path, { recursive: true });
    restoreBackup(options(home.path, file, { step: (name) => steps.push(name) }));
  }
  expect(steps).toEqual(["copied", "scripts in place", "ready", "intent written", "intent in place", "nexus.db-shm moved aside", "nexus.db-wal moved aside", "nexus.db moved aside", "new database in place", "intent removed"]);
  const seen: Record<string, number> = {};
  for (const end of steps) {
    using home = tempHome();
    cpSync(template.path, home.path, { recursive: true });
    const child = Bun.spawn([process.execPath, join(import.meta.dir, "restore-child.ts"), home.path, file, end], { stdout: "ignore", stderr: "inherit" });
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    seen[end] = eventsIn(home.path);
    if (seen[end] === 10) expect(readdirSync(join(home.path, "state", aside(home.path)[0] ?? "")).sort()).toEqual(["nexus.db", "nexus.db-shm", "nexus.db-wal"]);
    // And it can be done again, or done at last.
    restoreBackup(options(home.path, file, { now: LATER + 5_000 }));
    expect(eventsIn(home.path)).toBe(10);
  }
  const decided = steps.indexOf("intent in place");
  expect(Object.values(seen)).toEqual(steps.map((_, n) => (n < decided ? 17 : 10)));
}, 60_000);

test("what is in the backup is not evaluated or dispatched again, what is not is gone", async () => {
  using home = tempHome();
  const file = await usedHome(home.path);
  restoreBackup(options(home.path, file));
  const engine = await TestEngine.start({ home: home.path });
  await engine.drain();
  expect(engine.invocations("fires")).toHaveLength(10);
  expect(engine.dispatches()).toHaveLength(10);
  await engine.engine.emitInput({ id: "test:after" });
  await engine.drain();
  expect(engine.outcomes("fires")).toEqual(Array.from({ length: 11 }, () => "fired"));
  await engine.stop();
});

test("into an empty home, from another folder: scripts and configuration come along and run there", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), 'persona = "p"\n');
  const file = await usedHome(home.path);
  using fresh = tempHome();
  expect(restoreBackup(options(fresh.path, file))).toMatchObject({ replaced: undefined, config: "restored", missing_scripts: [] });
  expect(readFileSync(join(fresh.path, "config.toml"), "utf8")).toBe('persona = "p"\n');
  rmSync(join(home.path, "state"), { recursive: true });
  const engine = await TestEngine.start({ home: fresh.path });
  expect(engine.hook("fires").version.script_path).toStartWith(fresh.path);
  await engine.engine.emitInput({ id: "test:after" });
  await engine.drain();
  expect(engine.outcomes("fires").at(-1)).toBe("fired");
  await engine.stop();
});

test("a configuration that differs stays, and the backup's stands beside it", async () => {
  using home = tempHome();
  writeFileSync(join(home.path, "config.toml"), 'persona = "old"\n');
  const file = await usedHome(home.path);
  writeFileSync(join(home.path, "config.toml"), 'persona = "new"\n');
  expect(restoreBackup(options(home.path, file)).config).toBe("kept");
  expect(readFileSync(join(home.path, "config.toml"), "utf8")).toContain("new");
  expect(readFileSync(join(home.path, "config.toml.restored"), "utf8")).toContain("old");
});

test("not while a daemon owns the home, and not from a bad file: nothing changes", async () => {
  using home = tempHome();
  const file = await usedHome(home.path);
  const lock = takeDaemonLock(home.path, T0);
  expect(codeOf(() => restoreBackup(options(home.path, file)))).toBe("DAEMON_RUNNING");
  lock.release();
  writeFileSync(file, readFileSync(file).subarray(0, 50_000));
  expect(codeOf(() => restoreBackup(options(home.path, file)))).toBe("BACKUP_INVALID");
  expect(aside(home.path)).toEqual([]);
  expect(eventsIn(home.path)).toBe(17);
});

test("a database that cannot be read any more is moved aside as it is", async () => {
  using home = tempHome();
  const file = await usedHome(home.path);
  const garbage = Buffer.alloc(20_000, 9);
  for (const name of ["nexus.db", "nexus.db-wal"]) writeFileSync(join(home.path, "state", name), garbage);
  const restored = restoreBackup(options(home.path, file));
  expect(restored.gone).toBeUndefined();
  expect(readFileSync(join(restored.replaced ?? "", "nexus.db")).equals(garbage)).toBe(true);
  expect(eventsIn(home.path)).toBe(10);
});

function codeOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error.code;
    throw error;
  }
  return "none";
}
