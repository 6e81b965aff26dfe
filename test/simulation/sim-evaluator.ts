import type { EvaluatorOptions, EvaluatorProcessEvents } from "../../src/engine/runtime/evaluator-process.ts";
import { Evaluator, type OwnProcess } from "../../src/engine/runtime/child/evaluator.ts";
import { MemoryWatch } from "../../src/engine/runtime/child/memory-watch.ts";
import { Restless } from "../../src/engine/runtime/child/restless.ts";
import { FrameReader } from "../../src/engine/runtime/frames.ts";
import type { Evaluator as KeptEvaluator } from "../../src/engine/runtime/keeper.ts";
import { Lane, type LaneEvents } from "../../src/engine/runtime/lane.ts";
import type { FromEvaluator, ToEvaluator } from "../../src/engine/runtime/protocol.ts";
import type { Runtime } from "../../src/engine/runtime/runtime.ts";
import type { SimLoop } from "./sim-loop.ts";
import { SimWorker, type Surroundings } from "./sim-worker.ts";

/** Nothing to measure: its memory, CPU time and children are this process's. */
const noProcess = (): OwnProcess => ({ memory: new MemoryWatch(() => 0), restless: new Restless(() => 0), children: () => 0 });
const ENCODER = new TextEncoder();

/** What the evaluators of one daemon stand in. */
interface Place {
  readonly loop: SimLoop;
  readonly around: Surroundings;
  nextPid: number;
  readonly warmWorkers: number;
}

/** The child process: the real evaluator over simulated Workers, with its own death. */
class SimEvaluator implements KeptEvaluator {
  readonly pid: number;
  /** There is no such process. */
  readonly vitals = undefined;
  readonly descriptors = undefined;
  readonly #place: Place;
  readonly #events: EvaluatorProcessEvents;
  readonly #evaluator: Evaluator;
  #dead = false;

  constructor(place: Place, limits: EvaluatorOptions, events: EvaluatorProcessEvents) {
    this.pid = place.nextPid++;
    this.#place = place;
    this.#events = events;
    const { loop, around } = place;
    const reader = new FrameReader<FromEvaluator>((message, lines) => this.#events.onMessage(message, lines));
    const alive: Surroundings = { ...around, step: (source, step) => loop.post(source, () => void (this.#dead || step())) };
    const send = (text: string): void => {
      if (!this.#dead) loop.post(`from ${this.pid}`, () => reader.feed(ENCODER.encode(text)));
    };
    this.#evaluator = new Evaluator(limits, send, (load, _code, told, now) => new SimWorker(load, told, now, alive, `worker ${this.pid} ${load.v}`, () => this.#die(139, null)), noProcess());
  }

  /** The daemon's frames wait on their way, too: what it sends is not yet there when the next thing happens. */
  send(header: ToEvaluator, lines: readonly string[] = []): void {
    this.#place.loop.post(`to ${this.pid}`, () => {
      if (!this.#dead) this.#evaluator.receive(header, lines);
    });
  }

  kill(): void {
    this.#die(null, "SIGKILL");
  }

  get ended(): Promise<void> {
    return Promise.resolve();
  }

  /** What it had sent may or may not have arrived. */
  #die(code: number | null, signal: string | null): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#place.loop.cut(`from ${this.pid}`);
    this.#place.loop.post(`from ${this.pid}`, () => this.#events.onGone({ code, signal }));
  }
}

/** Two real lanes, a shared and a solo one, over simulated evaluators. */
export function simRuntime(place: Place, events: LaneEvents): Runtime {
  const limits = { warmWorkers: place.warmWorkers, idleMs: 600_000, graceMs: 250, loadMs: 5_000, memoryMb: 2_048, answerMs: 5_000, database: "" };
  const start = (given: EvaluatorOptions, told: EvaluatorProcessEvents): KeptEvaluator => new SimEvaluator(place, given, told);
  const shared = new Lane(limits, events, () => 0, start);
  const solo = new Lane(limits, { ...events, onReturned: (version, jobs, why, failure) => {
    if (why !== "suspect" || failure === undefined) return events.onReturned(version, jobs, why);
    for (const job of jobs) events.onFailed(version, job, failure);
  } }, () => 0, start);
  const lanes = [shared, solo];
  return {
    submit: (submission, alone) => (alone ? solo : shared).submit(submission),
    flush: () => lanes.forEach((lane) => lane.flush()),
    recycle: (why) => lanes.forEach((lane) => lane.recycle(why)),
    retire: (version) => lanes.forEach((lane) => lane.retire(version)),
    get soloFree() {
      return solo.inFlight === 0;
    },
    get inFlight() {
      return shared.inFlight + solo.inFlight;
    },
    get pids() {
      return lanes.flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
    },
  };
}
