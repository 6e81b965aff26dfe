import { callService, unconfiguredServices, type Services } from "./clients/services.ts";
import type { Config } from "./config.ts";
import { systemClock, type Clock } from "./core/clock.ts";
import type { NewEvent } from "./core/event.ts";
import { createIds, type IdFactory } from "./core/ids.ts";
import type { Notice } from "./core/notice.ts";
import { normaliseEvent } from "./ingest/normalise.ts";
import { EraIndex } from "./pipeline/era-index.ts";
import { Evaluation, type Pending } from "./pipeline/evaluation.ts";
import { Heartbeat } from "./pipeline/heartbeat.ts";
import type { HookQueue } from "./pipeline/hook-queue.ts";
import { Housekeeper } from "./pipeline/housekeeper.ts";
import { Intake, type Accepted } from "./pipeline/intake.ts";
import { loadHeader } from "./pipeline/load-header.ts";
import { NoticeWriter } from "./pipeline/notice-writer.ts";
import { Recorder, type Recorded } from "./pipeline/recorder.ts";
import { RegistryFollower } from "./pipeline/registry-follower.ts";
import { isRepeatable } from "./pipeline/settle.ts";
import { compileSchedule } from "./pipeline/schedule.ts";
import { Timekeeper } from "./pipeline/timekeeper.ts";
import { Watermark } from "./pipeline/watermark.ts";
import { TriggerIndex } from "./registry/trigger-index.ts";
import type { Failure } from "./runtime/job.ts";
import { createRuntime, type Runtime } from "./runtime/runtime.ts";
import { deactivate } from "./store/activations.ts";
import { Checkpointer } from "./store/checkpointer.ts";
import { GroupCommit } from "./store/group-commit.ts";
import { loadState } from "./store/hook-state.ts";
import { hookById, saveRuntimeState } from "./store/hooks.ts";
import { getMeta, setMeta } from "./store/meta.ts";
import type { Store } from "./store/open.ts";

/** How often the database is asked whether another process changed something (contract: seen within 100 ms). */
const POLL_MS = 25;
/** Registration saw the script load within load_timeout_ms; here eight may load beside it on a busy machine. */
const LOAD_SLACK = 4;

export interface EngineOptions {
  readonly store: Store;
  readonly config: Config;
  readonly clock?: Clock;
  readonly ids?: IdFactory;
  readonly services?: Services;
  /** Timer ticks and schedules; off when a caller moves time itself. */
  readonly timers?: boolean;
  /** What runs the hooks, instead of evaluator processes: the simulation's. */
  readonly runtime?: (events: RuntimeEvents) => Runtime;
  /** Runs a callback in a later turn of the event loop; the simulation has a loop of its own. Default `setImmediate`. */
  readonly later?: (callback: () => void) => void;
  /** Called after each commit with what it made true. */
  readonly onRecorded?: (recorded: Recorded) => void;
  /** What nexus itself did outside a commit of results. */
  readonly onNotice?: (notice: Notice) => void;
  /** What hook code wrote past the capture. */
  readonly onStray?: (text: string) => void;
  /** The database refused a commit: nothing is lost, but this process cannot go on. */
  readonly onFatal?: (error: unknown) => void;
}

type RuntimeEvents = Parameters<typeof createRuntime>[1];

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
  readonly #eras: EraIndex;
  readonly #watermark: Watermark;
  readonly #evaluation: Evaluation;
  readonly #intake: Intake;
  readonly #recorder: Recorder;
  readonly #commit: GroupCommit;
  readonly #timekeeper: Timekeeper;
  readonly #follower: RegistryFollower;
  readonly #notices: NoticeWriter;
  readonly #checkpointer: Checkpointer;
  readonly #housekeeper: Housekeeper;
  readonly #runtime: Runtime;
  #pending: Pending[] = [];
  #pendingDurable = false;
  #recorded: Recorded | undefined;
  #dataVersion = -1;
  #savedCursor: number;
  #poll: ReturnType<typeof setInterval> | undefined;
  #idleWaiters: (() => void)[] = [];

  constructor(options: EngineOptions) {
    const { store, config } = options;
    this.#options = options;
    this.#store = store;
    this.#clock = options.clock ?? systemClock;
    this.#ids = options.ids ?? createIds();
    const now = (): number => this.#clock.now();
    const later = options.later ?? setImmediate;
    const rules = { failures: config.breaker.failures, cooldownMs: config.breaker.cooldown_ms };
    this.#savedCursor = Number(getMeta(store, "eval_cursor") ?? 0);
    this.#watermark = new Watermark(this.#savedCursor);
    this.#eras = new EraIndex(store);
    this.#evaluation = new Evaluation({
      rules,
      now,
      load: (hook) => loadHeader(hook, store.path, loadState(store, hook.version.id)),
      find: (id) => hookById(store, id),
      settle: (pending) => this.#settle(pending),
      loadFailed: (queue, failure) => this.#loadFailed(queue, failure),
      later,
    });
    this.#intake = new Intake({
      store,
      index: this.#index,
      eras: this.#eras,
      evaluation: this.#evaluation,
      watermark: this.#watermark,
      persona: config.persona,
      maxDepth: config.events.max_depth,
      maxPairs: config.events.queue_pairs,
    });
    this.#recorder = new Recorder({ store, ids: this.#ids, rules, now, lateAfterMs: config.schedule.late_after_ms, normalise: (input) => this.#normalise(input, "hook"), accept: (events) => void this.#intake.accept(events) });
    this.#checkpointer = new Checkpointer(store, (held) => this.#notices.write("log_held", undefined, { ...held }));
    const heartbeat = new Heartbeat(store);
    this.#commit = new GroupCommit(store, { before: () => this.#refresh(heartbeat), after: () => this.#afterCommit(), later });
    this.#notices = new NoticeWriter({ store, ids: this.#ids, clock: this.#clock, commit: (work) => this.#add(false, work), told: (notice) => options.onNotice?.(notice) });
    this.#housekeeper = new Housekeeper({ store, clock: this.#clock, rules: config.retention, deleteRetentionDays: config.hooks.delete_retention_days, busy: () => !this.#isIdle, notice: (kind, data) => this.#notices.write(kind, undefined, data) });
    this.#timekeeper = new Timekeeper({
      store,
      clock: this.#clock,
      cap: config.schedule.catch_up_cap,
      lateAfterMs: config.schedule.late_after_ms,
      timers: options.timers !== false,
      accept: (events) => void this.#intake.accept(events),
      commit: (work) => this.#commit.run(work),
      missed: (id, hook, range) => this.#notices.write("slots_missed", hook?.id, { schedule: id, ...range }),
      compile: compileSchedule,
      later,
    });
    this.#follower = new RegistryFollower({ store, clock: this.#clock, index: this.#index, eras: this.#eras, evaluation: this.#evaluation, timekeeper: this.#timekeeper });
    const runtime = options.runtime ?? ((events) => this.#evaluators(events));
    this.#runtime = runtime(this.#runtimeEvents(options.services ?? unconfiguredServices));
    this.#evaluation.attach(this.#runtime);
  }

  /** Loads the registry, takes up what a stop or a crash left, and begins to look for new work. */
  async start(): Promise<void> {
    this.#dataVersion = this.#store.dataVersion();
    this.#follower.refresh();
    await this.#follower.startSchedules();
    if (this.#options.timers !== false) await this.tick();
    this.#intake.feed();
    this.#poll = setInterval(() => this.#look(), POLL_MS);
    if (this.#options.timers !== false) this.#housekeeper.start();
  }

  /** Stores events, all or none, and resolves once they are durable. Evaluation follows by itself. */
  emit(events: readonly NewEvent[]): Promise<Accepted[]> {
    return this.#commit.run(() => this.#intake.accept(events));
  }

  /** Normalises what a caller gave; throws EVENT_* and stores nothing when it is wrong. */
  emitInput(input: unknown): Promise<Accepted[]> {
    return this.emit([this.#normalise(input)]);
  }

  /** For a caller that moves the clock itself: writes the slots that are due by it, the beat of `timer_tick` included. */
  async tick(): Promise<void> {
    if (!this.#timekeeper.isStarted) this.#timekeeper.start();
    await this.#timekeeper.tick();
  }

  /** Resolves when every stored event has its outcomes. Debounced events are let go at once. */
  async drain(): Promise<void> {
    while (!this.#isIdle) {
      this.#evaluation.releaseHeld();
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  get status(): { readonly pairs: number; readonly behind: number; readonly evaluator_pids: readonly number[] } {
    return { pairs: this.#watermark.pairs, behind: this.#intake.behind, evaluator_pids: this.#runtime.pids };
  }

  /** At once; what was under way is evaluated after the next start. */
  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#poll);
    this.#timekeeper.stop();
    this.#housekeeper.stop();
    this.#evaluation.dispose();
    await this.#runtime[Symbol.asyncDispose]();
    this.#commit.close();
    await this.#checkpointer[Symbol.asyncDispose]();
    this.#store.write(() => this.#saveCursor());
  }

  get #isIdle(): boolean {
    return this.#watermark.pairs === 0 && this.#pending.length === 0 && this.#intake.behind === 0;
  }

  #settle(pending: Pending): void {
    const durable = !isRepeatable(pending.answer);
    // One entry records all that came meanwhile; a second one only says that this group must be synced.
    if (this.#pending.push(pending) > 1 && (!durable || this.#pendingDurable)) return;
    this.#pendingDurable ||= durable;
    this.#add(durable, () => this.#record(), () => this.#tell());
  }

  #normalise(input: unknown, adapter?: string): NewEvent {
    const maxBytes = this.#options.config.events.max_bytes;
    return normaliseEvent(input, { now: this.#clock.now(), maxBytes, ...(adapter === undefined ? {} : { adapter }) });
  }

  #record(): void {
    if (this.#pending.length === 0) return;
    this.#recorded = this.#recorder.record(this.#pending);
    for (const { job } of this.#pending) this.#watermark.settle(job.event.seq);
    this.#pending = [];
    this.#pendingDurable = false;
    this.#saveCursor();
  }

  #tell(): void {
    const recorded = this.#recorded;
    this.#recorded = undefined;
    if (recorded !== undefined) this.#options.onRecorded?.(recorded);
  }

  /** First in every transaction: sees what other processes committed before it, and notes how far evaluation is. */
  #refresh(heartbeat: Heartbeat): void {
    const version = this.#store.dataVersion();
    if (version !== this.#dataVersion) {
      this.#dataVersion = version;
      this.#intake.refresh();
    }
    // Asked each time: a change made over this process's own connection does not move the data version.
    this.#follower.refresh();
    heartbeat.beat(this.#clock.now());
    this.#saveCursor();
  }

  #afterCommit(): void {
    this.#evaluation.resume();
    this.#intake.feed();
    if (!this.#isIdle) return;
    for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  /** Notices what other processes did, and notes how far evaluation is where no results did. */
  #look(): void {
    if (this.#store.dataVersion() === this.#dataVersion && this.#watermark.cursor === this.#savedCursor) return;
    this.#add(false, () => undefined);
  }

  #loadFailed(queue: HookQueue, failure: Failure): void {
    const work = (): void => {
      queue.hook = { ...queue.hook, status: "errored", last_error: failure.message };
      saveRuntimeState(this.#store, queue.hook);
      deactivate(this.#store, queue.hook.id, { status: "errored", reason: failure.message, at: this.#clock.now(), endedBy: "errored" });
      this.#index.remove(queue.hook.id);
      this.#notices.write("hook_errored", queue.hook.id, { slug: queue.hook.slug, error: failure.message });
    };
    this.#add(true, work, () => this.#evaluation.replace(queue.hook));
  }

  #add(durable: boolean, work: () => void, committed: () => void = () => undefined): void {
    this.#commit.add({ durable, work, committed, failed: (error) => this.#options.onFatal?.(error) });
  }

  /** Inside a transaction. */
  #saveCursor(): void {
    if (this.#watermark.cursor === this.#savedCursor) return;
    this.#savedCursor = this.#watermark.cursor;
    setMeta(this.#store, "eval_cursor", this.#savedCursor);
  }

  #evaluators(events: RuntimeEvents): Runtime {
    const { evaluator, hooks } = this.#options.config;
    return createRuntime(
      { warmWorkers: evaluator.warm_workers, idleMs: evaluator.idle_ms, graceMs: evaluator.terminate_grace_ms, loadMs: hooks.load_timeout_ms * LOAD_SLACK },
      events,
      () => (this.#clock === systemClock ? 0 : this.#clock.now() - Date.now()),
    );
  }

  #runtimeEvents(services: Services): RuntimeEvents {
    const { onResults, onFailed, onReturned, onLoadFailed } = this.#evaluation;
    return {
      onResults,
      onFailed,
      onReturned,
      onLoadFailed,
      onCall: (_version, method, args) => callService(services, method, args),
      onStray: (text) => this.#options.onStray?.(text),
      onStarted: (pid) => this.#notices.write("evaluator_started", undefined, { pid }),
      onGone: ({ deliberate, ...details }) => this.#notices.write(deliberate ? "evaluator_killed" : "evaluator_crashed", undefined, details),
    };
  }
}
