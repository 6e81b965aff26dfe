import { join } from "node:path";
import type { Config } from "./config.ts";
import { NexusError } from "./core/errors.ts";
import type { NewEvent } from "./core/event.ts";
import type { Notice } from "./core/notice.ts";
import type { Redactor } from "./core/redactor.ts";
import type { EngineOptions } from "./engine-options.ts";
import { Engine } from "./engine.ts";
import type { Accepted } from "./pipeline/intake.ts";
import type { Recorded } from "./pipeline/recorder.ts";
import { Ballast } from "./store/ballast.ts";
import { takeDaemonLock, type DaemonLock } from "./store/daemon-lock.ts";
import { beginEpoch, endEpoch, type Start } from "./store/epoch.ts";
import { lastSeq } from "./store/event-queries.ts";
import { checkHealth, type Health } from "./store/health.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "./store/open.ts";

/** The daemon's thread waits no longer than this for another process's write lock; its group is kept and tried again. */
const BUSY_TIMEOUT_MS = 250;
/** How often free space is looked at, and a broken database tried again. */
const LOOK_MS = 1_000;
/** So many failed commits within a minute, and the process ends: what is wrong does not go away by itself. */
const FAILURES = 3;
const FAILURES_WITHIN_MS = 60_000;
/** What is under way has so long to come back when the daemon is stopped. */
const DRAIN_MS = 5_000;

export interface DaemonOptions extends Pick<EngineOptions, "onStray" | "services" | "timers"> {
  readonly home: string;
  readonly config: Config;
  /** What must not be written in clear. */
  readonly redactor?: Redactor;
  /** Called after each commit with what it made true, and the store it is in. */
  readonly onRecorded?: (recorded: Recorded, store: Store) => void;
  readonly onNotice?: (notice: Pick<Notice, "kind" | "data">) => void;
}

/**
 * Owns a home: its lock, its store, its engine, and what becomes of them when the disk does not do as it should.
 *
 *   running ── a commit failed ──▶ reopening ── the database is there and holds what was acknowledged ──▶ running
 *      │                               ├── disk full: the ballast is given up; events are refused, what waits is evaluated
 *      │ stop                          └── the third failure within a minute, corrupt, lost, superseded ──▶ ended (by `ended`)
 *      ▼
 *   draining (5 s at most) ─▶ ended
 *
 * After a failed commit nothing in memory is believed: engine and handle are dropped, and a new engine takes up from the
 * database what has no outcome, as after a crash.
 */
export class Daemon {
  /** How the database was found. */
  readonly health: Health;
  readonly #options: DaemonOptions;
  readonly #lock: DaemonLock;
  readonly #ballast: Ballast;
  readonly #start: Start;
  readonly #ended = Promise.withResolvers<never>();
  readonly #failures: number[] = [];
  #store: Store;
  #engine: Engine | undefined;
  #trouble: NexusError | undefined;
  #acknowledged: number;
  #looking: ReturnType<typeof setInterval> | undefined;
  #reopening: Promise<void> | undefined;
  #stopped = false;

  private constructor(options: DaemonOptions, lock: DaemonLock, store: Store) {
    this.#options = options;
    this.#lock = lock;
    this.#store = store;
    this.#ballast = ballastOf(options);
    this.#acknowledged = lastSeq(store);
    this.health = checkHealth(store, { limitBytes: options.config.health.check_max_mb * 1_048_576 });
    this.#start = beginEpoch(store);
    // Someone may wait for it only later, or never.
    this.#ended.promise.catch(() => undefined);
  }

  /** Takes the home, or throws DAEMON_RUNNING; then opens it and takes up what is pending. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const lock = takeDaemonLock(options.home, Date.now());
    try {
      return await Daemon.#open(options, lock).catch((error: unknown) => {
        if (asNexusError(error).code !== "DATABASE_FULL") throw error;
        // There is no room even to say that it begins.
        ballastOf(options).release();
        return Daemon.#open(options, lock);
      });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  static async #open(options: DaemonOptions, lock: DaemonLock): Promise<Daemon> {
    const store = open(options);
    try {
      const daemon = new Daemon(options, lock, store);
      daemon.#ballast.restore();
      await daemon.#run();
      daemon.#looking = setInterval(() => daemon.#look(), LOOK_MS);
      return daemon;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** What this start found. */
  get startedAs(): Start {
    return this.#start;
  }

  get store(): Store {
    return this.#store;
  }

  /** Rejects when the daemon cannot go on. */
  get ended(): Promise<never> {
    return this.#ended.promise;
  }

  /** Why it takes no events at the moment. */
  get trouble(): NexusError | undefined {
    return this.#trouble;
  }

  /** As `Engine.emit`; rejects with what is wrong while the daemon cannot store anything. */
  async emit(events: readonly NewEvent[], bytes?: number): Promise<Accepted[]> {
    if (this.#trouble !== undefined) throw this.#trouble;
    if (this.#engine === undefined) throw new NexusError("DAEMON_DEGRADED", "the daemon is ending or reopening its database; nothing was stored", { hint: "try again" });
    const accepted = await this.#engine.emit(events, bytes);
    for (const { event } of accepted) this.#acknowledged = Math.max(this.#acknowledged, event.seq);
    return accepted;
  }

  /** Resolves when every stored event has its outcomes. */
  async drain(): Promise<void> {
    do {
      await this.#reopening;
      await this.#engine?.drain();
    } while (this.#reopening !== undefined && !this.#stopped);
  }

  /** Ends in order: hands out nothing more, waits a while for what is under way, folds the log back, frees the home. */
  async stop(): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    clearInterval(this.#looking);
    await this.#reopening;
    const engine = this.#engine;
    await engine?.quiesce(DRAIN_MS);
    this.#engine = undefined;
    try {
      await engine?.[Symbol.asyncDispose]();
      if (this.#trouble === undefined) {
        endEpoch(this.#store);
        this.#store.fold();
      }
    } finally {
      this.#store.close();
      this.#lock.release();
    }
  }

  async #run(): Promise<void> {
    const { config, onRecorded, onStray, onNotice, services, timers } = this.#options;
    const store = this.#store;
    let starting = true;
    let failed: NexusError | undefined;
    const engine = new Engine({
      store,
      config,
      start: this.#start,
      onFatal: (error) => {
        if (starting) failed = asNexusError(error);
        else this.#failed(error);
      },
      ...(onRecorded === undefined ? {} : { onRecorded: (recorded) => onRecorded(recorded, store) }),
      ...(onStray === undefined ? {} : { onStray }),
      ...(onNotice === undefined ? {} : { onNotice }),
      ...(services === undefined ? {} : { services }),
      ...(timers === undefined ? {} : { timers }),
    });
    try {
      await engine.start();
      starting = false;
      if (failed !== undefined) throw failed;
      this.#engine = engine;
    } catch (error) {
      await engine[Symbol.asyncDispose]();
      throw error;
    }
  }

  #failed(error: unknown): void {
    if (this.#stopped || this.#reopening !== undefined) return;
    const engine = this.#engine;
    this.#engine = undefined;
    this.#trouble = asNexusError(error);
    this.#reopening = this.#recover(engine, this.#trouble);
  }

  async #recover(engine: Engine | undefined, first: NexusError): Promise<void> {
    let failure = first;
    this.#tell("storage_failed", failure);
    await engine?.[Symbol.asyncDispose]();
    this.#store.close();
    while (!this.#stopped) {
      if (!this.#mayGoOn(failure)) {
        this.#ended.reject(failure);
        break;
      }
      if (failure.code === "DATABASE_FULL") this.#ballast.release();
      else if (this.#failures.length > 1) await Bun.sleep(LOOK_MS);
      try {
        this.#store = this.#reopen();
        await this.#run();
        // On a full disk only what is there already goes on; `#look` opens the gate when there is room again.
        if (failure.code !== "DATABASE_FULL") this.#restored();
        break;
      } catch (again) {
        failure = asNexusError(again);
      }
    }
    this.#reopening = undefined;
  }

  /** The database as it is on the disk now. Throws when it does not hold what was acknowledged. */
  #reopen(): Store {
    const store = open(this.#options);
    try {
      // What the log holds may be in the kernel's memory only, after a failed sync: folding it back writes it once more.
      store.fold();
      const last = lastSeq(store);
      if (last < this.#acknowledged) {
        throw new NexusError("DATABASE_LOST", `${store.path} ends with event ${last}; ${this.#acknowledged} was acknowledged`, { hint: "check the disk, then restore a backup" });
      }
      return store;
    } catch (error) {
      store.close();
      throw error;
    }
  }

  /** Counts the failure. A full disk is waited for, however long that takes. */
  #mayGoOn({ code }: NexusError): boolean {
    if (code === "DATABASE_FULL") return true;
    if (code !== "DATABASE_IO" && code !== "BUG" && code !== "DATABASE_BUSY") return false;
    const now = performance.now();
    this.#failures.push(now);
    while ((this.#failures[0] ?? now) < now - FAILURES_WITHIN_MS) this.#failures.shift();
    return this.#failures.length < FAILURES;
  }

  /** Refuses events in time when the disk is filling up, and takes them again when there is room. */
  #look(): void {
    if (this.#reopening !== undefined) return;
    const { min_free_bytes } = this.#options.config.storage;
    const { free } = this.#ballast;
    if (this.#trouble === undefined) {
      if (free >= min_free_bytes) return void this.#ballast.restore();
      this.#trouble = new NexusError("DATABASE_FULL", `${free} bytes are free on the disk of ${this.#options.home}; storage.min_free_bytes is ${min_free_bytes}`, { hint: "free disk space; events are refused, what is stored is evaluated" });
      this.#tell("storage_failed", this.#trouble);
    } else if (free >= min_free_bytes && this.#ballast.restore()) this.#restored();
  }

  #restored(): void {
    this.#trouble = undefined;
    this.#lock.tell(undefined);
    this.#options.onNotice?.({ kind: "storage_restored", data: {} });
  }

  #tell(kind: Notice["kind"], { code, message }: NexusError): void {
    this.#lock.tell({ code, message, since: Date.now() });
    this.#options.onNotice?.({ kind, data: { code, message } });
  }
}

function open({ home, config, redactor }: DaemonOptions): Store {
  return openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: config.durability, busyTimeoutMs: BUSY_TIMEOUT_MS, checkpoints: true, ...(redactor === undefined ? {} : { redactor }) });
}

function ballastOf({ home, config }: DaemonOptions): Ballast {
  return new Ballast(join(home, "state"), config.storage.ballast_bytes);
}

function asNexusError(error: unknown): NexusError {
  if (error instanceof NexusError) return error;
  return new NexusError("BUG", `the engine cannot go on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`, { cause: error, hint: "nothing acknowledged is lost; start it again" });
}
