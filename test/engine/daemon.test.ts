import { dlopen } from "bun:ffi";
import { expect, test } from "bun:test";
import { closeSync, constants, existsSync, openSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { configSchema } from "../../src/engine/config.ts";
import { systemClock } from "../../src/engine/core/clock.ts";
import type { NewEvent } from "../../src/engine/core/event.ts";
import { createIds } from "../../src/engine/core/ids.ts";
import { Daemon } from "../../src/engine/daemon.ts";
import { HookRegistry } from "../../src/engine/registry/registry.ts";
import { runningDaemon } from "../../src/engine/store/daemon-lock.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { message, rows } from "../helpers/rows.ts";
import { tempHome } from "../helpers/temp-home.ts";

type Told = { readonly kind: string; readonly data: Readonly<Record<string, unknown>> };

/** A daemon on a home of its own, and the notices it gives. */
async function daemonOn(home: string, config: object = {}): Promise<{ daemon: Daemon; until: (kind: string) => Promise<Told>; [Symbol.asyncDispose](): Promise<void> }> {
  const told: Told[] = [];
  let watcher = (): void => undefined;
  const onNotice = (notice: Told): void => {
    told.push(notice);
    watcher();
  };
  const daemon = await Daemon.start({ home, config: configSchema.parse({ storage: { ballast_bytes: 65_536, min_free_bytes: 0 }, ...config }), timers: false, onNotice });
  return {
    daemon,
    until: async (kind) => {
      for (;;) {
        const at = told.findIndex((one) => one.kind === kind);
        if (at !== -1) return told.splice(0, at + 1).at(-1)!;
        await new Promise<void>((resolve) => {
          watcher = resolve;
        });
      }
    },
    [Symbol.asyncDispose]: () => daemon.stop(),
  };
}

const events = (from: number, count: number): NewEvent[] => Array.from({ length: count }, (_, n) => message(from + n));

const libc = dlopen(process.platform === "linux" ? "libc.so.6" : "libc.dylib", { dup2: { args: ["int", "int"], returns: "int" } });

/** Puts another file in the place of the open write-ahead log, as the operating system sees it: what is written there now fails. */
function breakLog(home: string, path: string, flags: number): void {
  const fd = readdirSync("/proc/self/fd").find((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`) === join(home, "state", "nexus.db-wal");
    } catch {
      return false;
    }
  });
  const other = openSync(path, flags);
  // In one step: between a close and an open any thread may take the number, or a lower one may be free.
  expect(libc.symbols.dup2(other, Number(fd))).toBe(Number(fd));
  closeSync(other);
}

test.skipIf(process.platform !== "linux")("a write that the disk refuses is not acknowledged, and the daemon goes on by itself", async () => {
  using home = tempHome();
  await using served = await daemonOn(home.path);
  const { daemon, until } = served;
  await daemon.emit(events(0, 10));
  // switch: mutant acknowledge-before-commit
  breakLog(home.path, "/dev/null", constants.O_RDONLY);
  const refused = await daemon.emit(events(10, 10)).catch((error: { code: string }) => error.code);
  expect(refused).toBe("DATABASE_IO");
  expect((await until("storage_failed")).data).toMatchObject({ code: "DATABASE_IO" });
  expect(runningDaemon(home.path)).toMatchObject({ trouble: { code: "DATABASE_IO" } });
  await until("storage_restored");
  expect(runningDaemon(home.path)?.trouble).toBeUndefined();
  const accepted = await daemon.emit(events(20, 10));
  expect(accepted).toHaveLength(10);
  expect(rows(daemon.store, "SELECT count(*) AS n FROM events WHERE CAST(source_id AS INTEGER) NOT BETWEEN 10 AND 19")).toEqual([{ n: 20 }]);
});

test.skipIf(process.platform !== "linux")("a full disk: the ballast is given up, what is stored is evaluated, and events are taken again when there is room", async () => {
  using home = tempHome();
  const store = openStore(home.path);
  const bundle = "export default () => ({ fire: true });\n";
  const hash = new Bun.CryptoHasher("sha256").update(bundle).digest("hex");
  new HookRegistry({ store, clock: systemClock, ids: createIds(), deleteRetentionDays: 30 }).register(
    { slug: "all", bundle, bundleHash: hash, sourcePath: "/nowhere.ts", sourceHash: hash, metadata: { name: "all", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: { timeout_ms: 5_000, concurrency: 1, memory_mb: 256, llm_calls: 1 } } },
    { creator: {} },
  );
  store.close();
  await using served = await daemonOn(home.path);
  const { daemon, until } = served;
  const ballast = join(home.path, "state", "ballast");
  expect(existsSync(ballast)).toBe(true);
  await daemon.emit(events(0, 5));
  breakLog(home.path, "/dev/full", constants.O_RDWR);
  const refused = await daemon.emit(events(5, 5)).catch((error: { code: string }) => error.code);
  expect(refused).toBe("DATABASE_FULL");
  await until("storage_failed");
  // switch: mutant full-disk-keeps-taking
  expect(await daemon.emit(events(5, 5)).catch((error: { code: string }) => error.code)).toBe("DATABASE_FULL");
  await until("storage_restored");
  expect(existsSync(ballast)).toBe(true);
  await daemon.emit(events(10, 5));
  await daemon.drain();
  expect(rows(daemon.store, "SELECT e.id, i.outcome FROM events e LEFT JOIN hook_invocations i ON i.event_id = e.id WHERE i.outcome IS NOT 'fired'")).toEqual([]);
  expect(rows(daemon.store, "SELECT (SELECT count(*) FROM events) = (SELECT count(*) FROM dispatches) AS same")).toEqual([{ same: 1 }]);
});

test.skipIf(process.platform !== "linux")("the third failure within a minute ends it, for whoever supervises it", async () => {
  using home = tempHome();
  await using served = await daemonOn(home.path);
  const { daemon, until } = served;
  const ended = daemon.ended.catch((error: { code: string }) => error.code);
  for (let n = 0; n < 3; n += 1) {
    breakLog(home.path, "/dev/null", constants.O_RDONLY);
    await daemon.emit(events(n, 1)).catch(() => undefined);
    // switch: mutant failures-without-end
    if (n < 2) await until("storage_restored");
  }
  expect(await ended).toBe("DATABASE_IO");
}, 15_000);

test("an orderly stop is told from a kill by the next start", async () => {
  using home = tempHome();
  const first = await daemonOn(home.path);
  expect(first.daemon.startedAs).toMatchObject({ epoch: 1, clean: true, recoveries: 0 });
  await first.daemon.stop();
  expect(existsSync(join(home.path, "state", "nexus.db-wal"))).toBe(false);
  const second = await daemonOn(home.path);
  expect(second.daemon.startedAs).toMatchObject({ epoch: 2, clean: true });
  // As a kill leaves it: nothing is written, the lock is gone.
  const copy = tempHome();
  await Bun.$`cp -r ${join(home.path, "state")} ${copy.path}`.quiet();
  await second.daemon.stop();
  for (const recoveries of [1, 2]) {
    const third = await daemonOn(copy.path);
    expect(third.daemon.startedAs).toMatchObject({ clean: false, recoveries });
    const again = tempHome();
    await Bun.$`cp -r ${join(copy.path, "state")} ${again.path}`.quiet();
    await third.daemon.stop();
    await Bun.$`rm -r ${join(copy.path, "state")} && mv ${join(again.path, "state")} ${copy.path}`.quiet();
    again[Symbol.dispose]();
  }
  copy[Symbol.dispose]();
});

test("a daemon whose home another one has started on does nothing more", async () => {
  using home = tempHome();
  await using served = await daemonOn(home.path);
  const other = openStore(home.path);
  other.write(() => other.db.run("UPDATE meta SET value = value + 1 WHERE key = 'epoch'"));
  other.close();
  // switch: mutant epoch-not-asked
  expect(await served.daemon.emit(events(0, 1)).catch((error: { code: string }) => error.code)).toBe("DAEMON_SUPERSEDED");
  expect(await served.daemon.ended.catch((error: { code: string }) => error.code)).toBe("DAEMON_SUPERSEDED");
});

test("the owner's file names who holds the lock", async () => {
  using home = tempHome();
  await using served = await daemonOn(home.path);
  expect(JSON.parse(readFileSync(join(home.path, "state", "daemon.json"), "utf8"))).toMatchObject({ pid: process.pid });
  expect(served.daemon.trouble).toBeUndefined();
});
