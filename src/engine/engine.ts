import { dirname } from "node:path";
import type { Broker } from "./broker/broker.ts";
import { servicesOf } from "./clients/llm.ts";
import type { Services } from "./clients/services.ts";
import { systemClock, type Clock } from "./core/clock.ts";
import { traceOf } from "./broker/trace.ts";
import type { NewEvent } from "./core/event.ts";
import type { EngineOptions } from "./engine-options.ts";
import { createIds, type IdFactory } from "./core/ids.ts";
import { eventBytes, normaliseEvent } from "./ingest/normalise.ts";
import { EraIndex } from "./pipeline/era-index.ts";
import { Evaluation } from "./pipeline/evaluation.ts";
import { Gate } from "./pipeline/gate.ts";
import { Heartbeat } from "./pipeline/heartbeat.ts";
import { Housekeeper } from "./pipeline/housekeeper.ts";
import { IdleWaiters } from "./pipeline/idle-waiters.ts";
import type { Accepted, Intake } from "./pipeline/intake.ts";
import { loadHeader } from "./pipeline/load-header.ts";
import { markErrored } from "./pipeline/mark-errored.ts";
import { Neighbours } from "./pipeline/neighbours.ts";
import { NoticeWriter } from "./pipeline/notice-writer.ts";
import { noteHeldLog } from "./pipeline/note-held-log.ts";
import { PendingResults } from "./pipeline/pending-results.ts";
import { Recorder, type Recorded } from "./pipeline/recorder.ts";
import { RegistryFollower } from "./pipeline/registry-follower.ts";
import { compileSchedule } from "./pipeline/schedule.ts";
import { SavedCursor } from "./pipeline/saved-cursor.ts";
import { startIntake } from "./pipeline/start-intake.ts";
import { StageRunner } from "./pipeline/stage-runner.ts";
import { Timekeeper } from "./pipeline/timekeeper.ts";
import { Watermark } from "./pipeline/watermark.ts";
import { TriggerIndex } from "./registry/trigger-index.ts";
import type { Runtime } from "./runtime/runtime.ts";
import { prepareIsolation, type Isolation } from "./runtime/sandbox/isolation.ts";
import { startBroker } from "./start-broker.ts";
import { startLlm } from "./start-llm.ts";
import { startRefs } from "./start-refs.ts";
import type { RefWork } from "./refs/ref-work.ts";
import { evaluatorEvents, startEvaluators } from "./start-evaluators.ts";
import { Checkpointer } from "./store/checkpointer.ts";
import { GroupCommit } from "./store/group-commit.ts";
import { loadState } from "./store/hook-state.ts";
import { hookById } from "./store/hooks.ts";
import type { Store } from "./store/open.ts";

/** How often the database is asked whether another process changed something (contract: seen within 100 ms). */
const POLL_MS = 25;
/** What an event is taken to weigh whose caller does not say. */
const EVENT_BYTES = 1_024;
/** How often a stop looks whether the last results are in. */
const QUIESCE_LOOK_MS = 5;

/**
 * The engine of one daemon: opens the rooms in order, wires them, releases them in reverse. All truth is in the store;
 * an engine that is killed and one that is stopped leave the same behind.
 */
export class Engine {
  readonly #options: EngineOptions;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #ids: IdFactory;
  readonly #index = new TriggerIndex();
  readonly #watermark: Watermark;
  readonly #evaluation: Evaluation;
  readonly #intake: Intake;
  readonly #results: PendingResults;
  readonly #gate: Gate;
  readonly #commit: GroupCommit;
  readonly #timekeeper: Timekeeper;
  readonly #follower: RegistryFollower;
  readonly #notices: NoticeWriter;
  readonly #checkpointer: Checkpointer;
  readonly #housekeeper: Housekeeper;
  readonly #broker: Broker;
  readonly #refs: RefWork;
  readonly #runtime: Runtime;
  #isolation: Isolation | undefined;
  readonly #neighbours: Neighbours;
  readonly #cursor: SavedCursor;
  #failed = false;
  #poll: ReturnType<typeof setInterval> | undefined;
  readonly #idle = new IdleWaiters(() => this.#isIdle);

  constructor(options: EngineOptions) {
    const { store, config } = options;
    this.#options = options;
    this.#store = store;
    this.#clock = options.clock ?? systemClock;
    this.#ids = options.ids ?? createIds();
    const now = (): number => this.#clock.now();
    const { later = setImmediate, home = dirname(dirname(store.path)), llm = startLlm(config, home) } = options;
    const rules = { failures: config.breaker.failures, cooldownMs: config.breaker.cooldown_ms };
    this.#cursor = new SavedCursor(store);
    this.#neighbours = new Neighbours(store, options.start?.epoch);
    this.#watermark = new Watermark(this.#cursor.value);
    const eras = new EraIndex(store);
    this.#evaluation = new Evaluation({
      rules, now,
      monotonic: () => this.#clock.monotonic(),
      load: (hook) => loadHeader(hook, store.path, this.#results.stateOver(hook.version.id, loadState(store, hook.version.id))),
      find: (id) => hookById(store, id),
      settle: (pending) => this.#results.add(pending),
      loadFailed: (queue, failure) => this.#add(true, () => markErrored(store, queue, failure, now(), this.#notices), () => this.#follower.refresh()),
      commitSoon: () => this.#add(false, () => undefined),
    });
    const commit = (durable: boolean, work: () => void, committed: () => void): void => this.#add(durable, work, committed);
    const stages = new StageRunner({ store, evaluation: this.#evaluation });
    this.#intake = startIntake({
      store, config, stages, eras, now, commit, index: this.#index, evaluation: this.#evaluation, watermark: this.#watermark,
      start: options.start ?? {}, trace: (event) => traceOf(store, event),
    });
    this.#gate = new Gate(config.events, () => this.#intake.last - this.#watermark.cursor, this.#intake.holds);
    const recorder = new Recorder({ store, ids: this.#ids, rules, now, lateAfterMs: config.schedule.late_after_ms, normalise: (input) => this.#normalise(input, "hook"), forget: (entry) => this.#evaluation.forget(entry), accept: (events) => this.#intake.accept(events), maxRuns: config.refs.max_waiting });
    this.#results = new PendingResults({
      recorder, commit, watermark: this.#watermark,
      saveCursor: () => this.#cursor.save(this.#watermark),
      told: (recorded) => this.#told(recorded),
    });
    this.#checkpointer = new Checkpointer(store, (held) => noteHeldLog(held, this.#notices, this.#runtime));
    const heartbeat = new Heartbeat(store);
    this.#commit = new GroupCommit(store, { before: () => this.#refresh(heartbeat), after: () => this.#afterCommit(), failed: (error) => this.#fail(error), later });
    this.#notices = new NoticeWriter({ store, ids: this.#ids, clock: this.#clock, commit: (work) => this.#add(false, work), told: (notice) => options.onNotice?.(notice) });
    this.#housekeeper = new Housekeeper({ store, clock: this.#clock, rules: config.retention, deleteRetentionDays: config.hooks.delete_retention_days, busy: () => !this.#isIdle, notice: (kind, data) => this.#notices.write(kind, undefined, data) });
    this.#broker = startBroker({
      options, home, stages, llm, clock: this.#clock, ids: this.#ids,
      commit: (work, committed) => this.#add(true, work, committed), accept: (events) => void this.#intake.accept(events),
      notice: (kind, hookId, data) => this.#notices.write(kind, hookId, data),
    });
    const services = options.services ?? servicesOf(llm);
    this.#refs = this.#startRefs(home, services);
    this.#timekeeper = new Timekeeper({
      store, clock: this.#clock, cap: config.schedule.catch_up_cap, lateAfterMs: config.schedule.late_after_ms,
      timers: options.timers !== false,
      accept: (events) => void this.#intake.accept(events),
      commit: (work) => this.#commit.run(work),
      isActive: (id) => this.#evaluation.isActive(id),
      missed: (id, hook, range) => this.#notices.write("slots_missed", hook?.id, { schedule: id, ...range }),
      compile: compileSchedule, later,
    });
    this.#follower = new RegistryFollower({ store, clock: this.#clock, index: this.#index, stages, eras, evaluation: this.#evaluation, timekeeper: this.#timekeeper });
    const runtime = options.runtime ?? ((events) => startEvaluators({ config, clock: this.#clock, database: store.path, isolation: () => this.#isolation }, events));
    this.#runtime = runtime(evaluatorEvents(this.#evaluation, services, (text) => options.onStray?.(text), (kind, data) => this.#notices.write(kind, undefined, data)));
    this.#evaluation.attach(this.#runtime);
  }

  #startRefs(home: string, services: Services): RefWork {
    return startRefs({
      options: this.#options, home, services, clock: this.#clock, ids: this.#ids,
      isolation: () => this.#isolation,
      transaction: (work) => this.#alone(work), commit: (work) => this.#commit.run(work),
      accept: (events) => void this.#intake.accept(events),
      notice: (kind, data) => this.#notices.write(kind, undefined, data),
      rested: () => this.#idle.look(),
    });
  }

  /** Loads the registry, takes up what a stop or a crash left, and begins to look for new work. */
  async start(): Promise<void> {
    const { runtime, isolation, config } = this.#options;
    if (runtime === undefined) this.#isolation = await prepareIsolation(isolation ?? config.isolation, this.#store.path);
    this.#neighbours.changed();
    this.#follower.refresh();
    await this.#follower.startSchedules();
    if (this.#options.timers !== false) await this.tick();
    this.#intake.feed();
    await this.#broker.start();
    this.#refs.start();
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    if (this.#options.timers !== false) this.#housekeeper.start();
  }

  /**
   * Stores events, all or none, and resolves once they are durable. Evaluation follows by itself. Rejects with QUEUE_FULL
   * when too many wait; `bytes` is their size, where the caller knows it.
   */
  async emit(events: readonly NewEvent[], bytes = events.length * EVENT_BYTES): Promise<Accepted[]> {
    return await this.#gate.through(events, bytes, () => this.#commit.run(() => this.#intake.accept(events)));
  }

  /** Normalises what a caller gave; throws EVENT_* and stores nothing when it is wrong. */
  emitInput(input: unknown): Promise<Accepted[]> {
    const event = this.#normalise(input);
    return this.emit([event], eventBytes(event));
  }

  /** For a caller that moves the clock itself: writes the slots that are due by it, the beat of `timer_tick` included. */
  async tick(): Promise<void> {
    if (!this.#timekeeper.isStarted) this.#timekeeper.start();
    await this.#timekeeper.tick();
  }

  /** Resolves when every stored event has its outcomes. Debounced events are let go at once. */
  async drain(): Promise<void> {
    while (!this.#isIdle && !this.#failed) {
      this.#evaluation.releaseHeld();
      await this.#idle.wait();
    }
  }

  get status(): { readonly pairs: number; readonly behind: number; readonly evaluator_pids: readonly number[] } {
    return { pairs: this.#watermark.pairs, behind: this.#intake.behind, evaluator_pids: this.#runtime.pids };
  }

  /** Hands out nothing more and waits for what is under way, for so long at most. */
  async quiesce(forMs: number): Promise<void> {
    clearInterval(this.#poll);
    this.#timekeeper.stop();
    this.#evaluation.pause();
    const until = performance.now() + forMs;
    this.#refs.stop();
    const broker = this.#broker.stop(forMs);
    while (performance.now() < until && !this.#failed && (this.#runtime.inFlight > 0 || this.#results.count > 0)) await Bun.sleep(QUIESCE_LOOK_MS);
    if (!this.#failed) await broker;
  }

  /** At once; what was under way is evaluated after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#halt();
    this.#housekeeper.stop();
    await this.#refs[Symbol.asyncDispose]();
    await this.#runtime[Symbol.asyncDispose]();
    if (!this.#failed) this.#commit.close();
    await this.#checkpointer[Symbol.asyncDispose]();
    if (!this.#failed) this.#store.write(() => this.#cursor.save(this.#watermark));
  }

  get #isIdle(): boolean {
    return this.#watermark.pairs === 0 && this.#results.count === 0 && this.#intake.isIdle && this.#broker.isIdle && this.#refs.isIdle;
  }

  #normalise(input: unknown, adapter?: string): NewEvent {
    return normaliseEvent(input, { now: this.#clock.now(), maxBytes: this.#options.config.events.max_bytes, ...(adapter === undefined ? {} : { adapter }) });
  }

  #fail(error: unknown): void {
    this.#failed = true;
    this.#halt();
    this.#idle.wake();
    this.#options.onFatal?.(error);
  }

  #halt(): void {
    clearInterval(this.#poll);
    this.#timekeeper.stop();
    this.#evaluation.dispose();
    this.#broker.dispose();
    this.#refs.stop();
  }

  /** First in every transaction: sees what other processes committed before it, and notes how far evaluation is. */
  #refresh(heartbeat: Heartbeat): void {
    this.#intake.refresh(this.#neighbours.changed());
    // Asked each time: a change made over this process's own connection does not move the data version.
    this.#follower.refresh();
    heartbeat.beat(this.#clock.now());
    this.#cursor.save(this.#watermark);
  }

  #afterCommit(): void {
    this.#evaluation.resume();
    this.#intake.feed();
    this.#broker.look();
    this.#refs.look();
    this.#idle.look();
  }

  #alone<T>(work: () => T): T {
    try {
      return this.#commit.alone(work);
    } catch (error) {
      this.#cursor.reload();
      throw error;
    }
  }

  /** Notices what other processes did, and notes how far evaluation is where no results did. */
  #look(): void {
    if (!this.#neighbours.areActive && this.#watermark.cursor === this.#cursor.value) return;
    this.#add(false, () => undefined);
  }

  #told(recorded: Recorded): void {
    // A hook that has just ended sees nothing of what was stored behind its end, in this very group.
    if (recorded.notices.length > 0) this.#follower.refresh();
    if (recorded.dispatches.length > 0) this.#broker.fired();
    this.#options.onRecorded?.(recorded);
  }

  #add(durable: boolean, work: () => void, committed: () => void = () => undefined): void {
    this.#commit.add({ durable, work, committed });
  }
}
