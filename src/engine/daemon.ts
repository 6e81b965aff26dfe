import { join } from "node:path";
import type { ApiServer } from "./api/server.ts";
import { asNexusError as named, NexusError } from "./core/errors.ts";
import type { NewEvent } from "./core/event.ts";
import type { Notice } from "./core/notice.ts";
import type { DaemonOptions } from "./daemon-options.ts";
import { Engine } from "./engine.ts";
import type { Accepted } from "./pipeline/intake.ts";
import { chooseIsolation, type Isolation } from "./runtime/sandbox/isolation.ts";
import { startApi } from "./start-api.ts";
import { Ballast } from "./store/ballast.ts";
import { CommitFailures } from "./store/commit-failures.ts";
import { takeDaemonLock, type DaemonLock } from "./store/daemon-lock.ts";
import { beginEpoch, endEpoch, type Start } from "./store/epoch.ts";
import { lastSeq } from "./store/event-queries.ts";
import { checkHealth, type Health } from "./store/health.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "./store/open.ts";

/**
 * Once it runs, the daemon's thread waits no longer than this for another process's write lock; its group is kept and
 * tried again. A start waits as long as any command: beside a busy writer it would else end at once (seen in the crash loop).
 */
const BUSY_TIMEOUT_MS = 250;
/** How often free space is looked at, and a broken database tried again. */
const LOOK_MS = 1_000;
/** What is under way has so long to come back when the daemon is stopped. */
const DRAIN_MS = 5_000;

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
  readonly #failures = new CommitFailures();
  readonly #isolation: Isolation;
  #store: Store;
  #engine: Engine | undefined;
  #api: ApiServer | undefined;
  #trouble: NexusError | undefined;
  #acknowledged: number;
  #looking: ReturnType<typeof setInterval> | undefined;
  #reopening: Promise<void> | undefined;
  #stopped = false;

  private constructor(options: DaemonOptions, lock: DaemonLock, store: Store, isolation: Isolation) {
    this.#options = options;
    this.#isolation = isolation;
    this.#lock = lock;
    this.#store = store;
    this.#ballast = ballastOf(options);
    this.#acknowledged = lastSeq(store);
    this.health = checkHealth(store, { limitBytes: options.config.health.check_max_mb * 1_048_576 });
    this.#start = beginEpoch(store);
    store.waitForLock(BUSY_TIMEOUT_MS);
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
      const daemon = new Daemon(options, lock, store, await chooseIsolation(options.config.isolation));
      daemon.#ballast.restore();
      await daemon.#run();
      daemon.#listen();
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
    if (this.#trouble !== undefined || (this.#engine !== undefined && !this.#stopped)) return this.#trouble;
    return new NexusError("DAEMON_DEGRADED", `the daemon is ${this.#stopped ? "ending" : "reopening its database"}; nothing was stored`, { hint: "try again" });
  }

  /** Where it listens; undefined where it cannot. */
  get socket(): string | undefined {
    return this.#api?.path;
  }

  /** As `Engine.emit`; rejects with what is wrong while the daemon cannot store anything. */
  async emit(events: readonly NewEvent[], bytes?: number): Promise<Accepted[]> {
    const { trouble } = this;
    if (trouble !== undefined) throw trouble;
    const accepted = await this.#engine!.emit(events, bytes);
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
    const answered = this.#api?.stop(DRAIN_MS);
    await this.#reopening;
    const engine = this.#engine;
    await Promise.all([engine?.quiesce(DRAIN_MS), answered]);
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
      isolation: this.#isolation,
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

  /** Without its socket a daemon does what it is there for all the same. */
  #listen(): void {
    try {
      this.#api = startApi({ ...this.#options, isolation: this.#isolation, startedAt: this.#lock.startedAt, daemon: this });
    } catch (error) {
      const { message } = asNexusError(error);
      this.#options.onNotice?.({ kind: "api_unavailable", data: { message } });
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
    for (let tries = 0; !this.#stopped; tries += 1) {
      if (!this.#failures.mayGoOn(failure.code, performance.now())) {
        this.#ended.reject(failure);
        break;
      }
      if (failure.code === "DATABASE_FULL") this.#ballast.release();
      // Not at once again, whatever it is: a disk that stays full, with nothing left to give up, is asked every second.
      if (tries > 0 || this.#failures.count > 1) await Bun.sleep(LOOK_MS);
      try {
        this.#store = this.#reopen();
        this.#store.waitForLock(BUSY_TIMEOUT_MS);
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
  return openStore(home, { ...DEFAULT_STORE_OPTIONS, durability: config.durability, checkpoints: true, ...(redactor === undefined ? {} : { redactor }) });
}

function ballastOf({ home, config }: DaemonOptions): Ballast {
  return new Ballast(join(home, "state"), config.storage.ballast_bytes);
}

function asNexusError(error: unknown): NexusError {
  return named(error, "the engine cannot go on", "nothing acknowledged is lost; start it again");
}
