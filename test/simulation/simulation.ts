import { drainMicrotasks } from "bun:jsc";
import { NexusError } from "../../src/engine/core/errors.ts";
import type { IdFactory } from "../../src/engine/core/ids.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Runtime, RuntimeEvents } from "../../src/engine/runtime/runtime.ts";
import { beginEpoch, endEpoch } from "../../src/engine/store/epoch.ts";
import { checkRest } from "./final-checks.ts";
import { Holding } from "./holding.ts";
import { Model } from "./model.ts";
import { Outside } from "./outside.ts";
import { Random } from "./random.ts";
import { BEGINNING, drawAdvance, drawJump, drawScenario, EventSource, type Scenario } from "./scenario.ts";
import { simRuntime } from "./sim-evaluator.ts";
import { SimLoop } from "./sim-loop.ts";
import { emptyDatabase, Killed, SimStore, type Disk, type DiskFault } from "./sim-store.ts";
import { takeTime } from "./take-time.ts";
import { watchedRuntime, watchedSurroundings } from "./watched.ts";

/** A run that does not come to rest in so many tasks never will: hours of looking for something to do. */
const MOST_STEPS = 500_000;

/** What another process has changed is seen within this (contract, section 2). */
const NOTICED_MS = 100;

export interface Outcome {
  readonly seed: number;
  /** What was wrong first; undefined for a run in which everything held. */
  readonly violation: string | undefined;
  /** Tasks of the event loop, starts of the daemon, rows of `hook_invocations`. */
  readonly tasks: number;
  readonly starts: number;
  readonly outcomes: number;
  readonly trace: readonly string[];
}

interface Options {
  readonly seed: number;
  readonly hooksFolder: string;
  readonly trace: boolean;
}

/** Cooldowns that are waited out at the end: more than the clock is ever set back. */
const BREAKER_ROUNDS = 4;

/** One run: a home, the processes that come and go on it, and everything that may go wrong, all drawn from one seed. */
class Simulation implements Disk {
  commits = 0;
  readonly #seed: number;
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #loop: SimLoop;
  readonly #db = emptyDatabase();
  readonly #hooksFolder: string;
  readonly #model: Model;
  readonly #outside: Outside;
  readonly #holding: Holding | undefined;
  readonly #events: EventSource;
  readonly #ids: IdFactory;
  readonly #acknowledged = new Set<string>();
  readonly #told = new Set<string>();
  readonly #trace: string[] | undefined;
  #store: SimStore | undefined;
  #engine: Engine | undefined;
  #started = false;
  #faults = false;
  #violation: string | undefined;
  #starts = 0;

  constructor({ seed, hooksFolder, trace }: Options) {
    this.#seed = seed;
    this.#hooksFolder = hooksFolder;
    this.#trace = trace ? [] : undefined;
    this.#random = new Random(seed);
    this.#scenario = drawScenario(this.#random);
    this.#loop = new SimLoop(this.#random, BEGINNING);
    let made = 0;
    this.#ids = { make: (prefix) => `${prefix}_${String((made += 1)).padStart(26, "0")}` };
    this.#events = new EventSource(this.#random, () => this.#loop.now(), Holding.isIn(seed) ? ["sim", "alt"] : ["sim"]);
    const other = new SimStore(this.#db, hooksFolder, this, "other");
    this.#holding = Holding.isIn(seed) ? new Holding({ seed, store: other, loop: this.#loop, ids: this.#ids, note: (line) => this.#note(() => line) }) : undefined;
    this.#model = new Model({ db: this.#db, config: this.#scenario.config, clock: this.#loop, holding: this.#holding, fail: (message) => this.#fail(message) });
    this.#outside = new Outside({ random: this.#random, scenario: this.#scenario, events: this.#events, store: other, loop: this.#loop, ids: this.#ids, changed: (change, operation) => {
      this.#note(() => `command ${operation} ${change.hook.slug} version ${change.hook.version.id}`);
      this.#model.changed(change);
    } });
  }

  run(): Outcome {
    using _time = takeTime(this.#loop);
    for (let n = 0; n < this.#scenario.hooks; n += 1) this.#outside.register();
    this.#faults = true;
    for (let move = 0; move < this.#scenario.moves && this.#violation === undefined; move += 1) this.#guard(() => this.#move());
    this.#faults = false;
    this.#holding?.releaseAll();
    this.#rest();
    this.#waitOutBreakers();
    if (this.#violation === undefined) checkRest({ db: this.#db, model: this.#model, acknowledged: this.#acknowledged, told: this.#told, fail: (message) => this.#fail(message) });
    this.kill();
    const outcomes = this.#db.query<{ n: number }, []>("SELECT count(*) AS n FROM hook_invocations").get()?.n ?? 0;
    return { seed: this.#seed, violation: this.#violation, tasks: this.#loop.steps, starts: this.#starts, outcomes, trace: this.#trace ?? [] };
  }

  fault(store: SimStore): DiskFault | undefined {
    if (!this.#faults || store.name === "other") return undefined;
    const { kill, busy, fails } = this.#scenario.disk;
    const draw = this.#random.next();
    if (draw < kill) return this.#random.pick(["kill-before", "kill-inside", "kill-after"] as const);
    if (draw < kill + fails) return this.#random.pick(["fails", "fails-yet-stored"] as const);
    return this.#random.chance(busy) ? "busy" : undefined;
  }

  looked(store: SimStore): void {
    if (store.name === "engine" && store.alive && this.#db.inTransaction) this.#model.looked();
  }

  committed(store: SimStore): void {
    this.#note(() => `commit ${this.commits} of the ${store.name}`);
    this.#model.committed(store);
  }

  /** SIGKILL of the daemon, evaluators included. */
  kill(): void {
    this.#note(() => "killed");
    if (this.#store !== undefined) this.#store.alive = false;
    this.#loop.kill();
    this.#engine = undefined;
    this.#store = undefined;
    this.#started = false;
  }

  #move(): void {
    const { chances } = this.#scenario;
    if (this.#engine === undefined) this.#start();
    this.#holding?.move();
    let draw = this.#random.next();
    const is = (share: number): boolean => (draw -= share) < 0;
    if (is(chances.emit)) return this.#emit();
    if (is(chances.other)) return this.#otherEmits();
    if (is(chances.registry)) return this.#outside.anything();
    if (is(chances.advance)) return this.#advance(drawAdvance(this.#random));
    if (is(chances.jump)) return this.#jump(drawJump(this.#random));
    if (is(chances.kill)) return this.kill();
    if (is(chances.stop)) return this.#stop();
    for (let n = this.#random.between(1, 12); n > 0 && this.#loop.step(); n -= 1);
    if (!this.#loop.busy && this.#random.chance(0.5)) this.#advance(this.#loop.untilTimer ?? 0);
  }

  /** A task that throws is an uncaught exception of the daemon, unless it is the kill itself on its way. */
  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Killed)) this.#fail(`uncaught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    }
  }

  #start(): void {
    this.#loop.revive();
    const store = new SimStore(this.#db, this.#hooksFolder, this, "engine");
    this.#store = store;
    this.#starts += 1;
    this.#note(() => `start ${this.#starts}`);
    let start: ReturnType<typeof beginEpoch>;
    try {
      start = beginEpoch(store);
    } catch (error) {
      if (error instanceof Killed) return;
      if (error instanceof NexusError) return this.kill();
      throw error;
    }
    this.#model.restarted();
    const engine: Engine = new Engine({
      store,
      config: this.#scenario.config,
      clock: this.#loop,
      ids: this.#ids,
      later: this.#loop.later,
      start,
      runtime: (events) => this.#runtime(events),
      onRecorded: ({ dispatches }) => {
        if (store.alive) for (const { id } of dispatches) this.#told.add(id);
      },
      // As the daemon does: the engine is dropped, and the next one begins with what is stored.
      onFatal: (error) => {
        if (!store.alive) return;
        this.#note(() => `fatal: ${error instanceof Error ? error.message : String(error)}`);
        this.kill();
      },
    });
    this.#engine = engine;
    engine.start().then(
      () => {
        if (store.alive) this.#started = true;
      },
      (error: unknown) => {
        if (!store.alive) return;
        if (error instanceof NexusError) this.kill();
        else this.#fail(`the start failed: ${String(error)}`);
      },
    );
    drainMicrotasks();
  }

  #runtime(events: RuntimeEvents): Runtime {
    const { evaluator } = this.#scenario.config;
    const around = watchedSurroundings({ seed: this.#seed, random: this.#random, loop: this.#loop, model: this.#model, note: (line) => this.#note(line), kill: () => this.kill() });
    // Pids beyond Linux's largest: no real process is looked at.
    const place = { loop: this.#loop, around, nextPid: 10_000_000 + this.#starts * 1_000, warmWorkers: evaluator.warm_workers };
    return watchedRuntime((told) => simRuntime(place, told), events, this.#model, (line) => this.#note(line));
  }

  #emit(): void {
    const engine = this.#engine;
    const store = this.#store;
    if (engine === undefined || store === undefined || !this.#started) return;
    const events = this.#events.draw();
    this.#note(() => `emit ${events.map(({ id }) => id).join(" ")}`);
    engine.emit(events).then(
      (accepted) => {
        if (store.alive) for (const { event } of accepted) this.#acknowledged.add(event.id);
      },
      () => undefined,
    );
    drainMicrotasks();
  }

  #otherEmits(): void {
    const ids = this.#outside.emit();
    this.#note(() => `another process stored ${ids.join(" ")}`);
    for (const id of ids) this.#acknowledged.add(id);
  }

  #advance(ms: number): void {
    this.#note(() => `${ms} ms pass`);
    this.#loop.advance(ms);
  }

  #jump(ms: number): void {
    this.#note(() => `the clock is set by ${ms} ms`);
    this.#loop.jump(ms);
    this.#model.clockSet();
  }

  /** An orderly stop: what is under way is dropped, as after the drain's time. */
  #stop(): void {
    const engine = this.#engine;
    const store = this.#store;
    if (engine === undefined || store === undefined || !this.#started) return;
    this.#note(() => "stop");
    engine[Symbol.asyncDispose]().then(() => (store.alive ? endEpoch(store) : undefined)).catch((error: unknown) => {
      if (!(error instanceof Killed) && !(error instanceof NexusError)) this.#fail(`the stop failed: ${String(error)}`);
    });
    drainMicrotasks();
    this.kill();
  }

  /** No more faults: everything that is stored gets its outcome, or never will. */
  #rest(): void {
    const until = this.#loop.steps + MOST_STEPS;
    let quietSince = this.#loop.monotonic();
    while (this.#violation === undefined && this.#loop.monotonic() - quietSince < NOTICED_MS) {
      if (this.#loop.steps > until) return this.#fail(`no rest after ${MOST_STEPS} tasks; open: ${this.#model.open().slice(0, 5).join(", ")}`);
      this.#guard(() => {
        if (this.#engine === undefined) this.#start();
        if (this.#loop.step()) return;
        const { pairs = 1, behind = 1 } = this.#engine?.status ?? {};
        if (!this.#started || pairs > 0 || behind > 0) quietSince = this.#loop.monotonic();
        if (this.#loop.untilTimer === undefined) this.#fail(`nothing left to do with ${pairs} pairs open`);
        this.#loop.advance(this.#loop.untilTimer ?? 0);
      });
      if (this.#loop.busy) quietSince = this.#loop.monotonic();
    }
  }

  /**
   * No breaker stays open for ever: once its time is over, the next event is its trial. A clock set back makes it wait twice,
   * and where no event came meanwhile to notice, also as long as the clock was set back.
   */
  #waitOutBreakers(): void {
    const { cooldown_ms: cooldown } = this.#scenario.config.breaker;
    for (let round = 0; round < BREAKER_ROUNDS; round += 1) {
      if (this.#violation !== undefined || !this.#model.anyOpen()) return;
      this.#loop.advance(cooldown + 1);
      const before = this.#model.lastRow;
      for (let n = 0; n < 3; n += 1) this.#otherEmits();
      this.#rest();
      if (round === BREAKER_ROUNDS - 1) this.#model.checkTried(before);
    }
  }

  #note(line: () => string): void {
    this.#trace?.push(`${String(this.#loop.steps).padStart(6)} ${new Date(this.#loop.now()).toISOString()} ${line()}`);
  }

  #fail(message: string): void {
    this.#violation ??= message;
    this.#note(() => `VIOLATION ${message}`);
  }
}

export function simulate(options: Options): Outcome {
  return new Simulation(options).run();
}
