import type { EndedHeader, LoadHeader, RunEvent, WireResult, WorkerEnd } from "../../src/engine/runtime/protocol.ts";
import type { Host, HostEvents } from "../../src/engine/runtime/child/worker-host.ts";
import type { RunMessage, ToWorker } from "../../src/engine/runtime/child/worker-protocol.ts";
import { isSureResult } from "../../src/engine/runtime/child/sure-result.ts";
import { actOf, loads, type Act, type Temper } from "./hook-acts.ts";
import type { Random } from "./random.ts";

/** What the simulated processes know of the run around them. */
export interface Surroundings {
  readonly seed: number;
  readonly random: Random;
  /** The evaluation's clock, Unix ms. */
  now(): number;
  monotonic(): number;
  /** A script begins with an event: which try that is. */
  begun(load: LoadHeader, event: string): number;
  /** A script came to an end with an event. `counted` is what it wrote to its state, if it wrote. */
  acted(load: LoadHeader, event: string, act: Act, counted: number | undefined): void;
  loadFailed(load: LoadHeader): void;
  killDaemon(why: string): void;
  /** The thread's next step, in its turn. */
  step(source: string, step: () => void): void;
}

interface Running {
  readonly chunk: RunMessage;
  readonly index: number;
  readonly event: string;
  readonly act: Act;
  readonly since: number;
}

interface Waiting {
  readonly chunk: RunMessage;
  readonly events: readonly RunEvent[];
  next: number;
}

/**
 * One Worker as `worker-host.ts` and `chunk-runner.ts` make it together: chunks in order, `concurrency` at a time, halted
 * past a threshold, a fire, a disabling or a doubtful result until the next epoch, its own warm state, results in clumps,
 * one end.
 */
export class SimWorker implements Host {
  readonly load: LoadHeader;
  readonly owed = new Map<number, number>();
  lastUsed: number;
  readonly thread = undefined;
  readonly #around: Surroundings;
  readonly #events: HostEvents;
  /** The evaluator process dies. */
  readonly #die: () => void;
  readonly #source: string;
  readonly #waiting: Waiting[] = [];
  readonly #running: Running[] = [];
  readonly #ready = new Map<number, WireResult[]>();
  readonly #temper: Temper;
  #state: number;
  #loading = true;
  #epoch = -1;
  #failed = 0;
  #halted = false;
  #stepping = false;
  #why: WorkerEnd | undefined;
  #culprits: EndedHeader["running"] = [];
  #ended = false;
  /** Its thread does not end when it is told to. */
  #stuck = false;

  constructor(load: LoadHeader, events: HostEvents, now: number, around: Surroundings, source: string, die: () => void) {
    this.load = load;
    this.lastUsed = now;
    this.#around = around;
    this.#events = events;
    this.#source = source;
    this.#die = die;
    this.#temper = load.hook.config["temper"] as Temper;
    this.#state = Number(load.state["n"] ?? 0);
    this.#wake();
  }

  get isLoading(): boolean {
    return this.#loading && this.#why === undefined;
  }

  get isFreeing(): boolean {
    return this.#why === "memory";
  }

  get isEnding(): boolean {
    return this.#why !== undefined;
  }

  get busy(): boolean {
    return this.owed.size > 0;
  }

  send(message: ToWorker, size: number, now: number): void {
    this.lastUsed = now;
    if (message.t !== "run") return;
    this.owed.set(message.c, size);
    this.#waiting.push({ chunk: message, events: JSON.parse(message.events) as RunEvent[], next: 0 });
    this.#wake();
  }

  settle(chunk: number, count: number, now: number): boolean {
    this.lastUsed = now;
    const left = (this.owed.get(chunk) ?? 0) - count;
    if (left > 0) this.owed.set(chunk, left);
    else this.owed.delete(chunk);
    return !(left > 0);
  }

  /** Its memory is part of no measure: what fills it is an act of the script. */
  isOver(): boolean {
    return false;
  }

  rebase(): void {
    // Nothing was measured.
  }

  endOver(): void {
    this.end("memory");
  }

  watch(now: number): void {
    const { timeoutMs } = this.load;
    if (this.#why !== undefined) return;
    const late = this.#running.filter(({ act, since }) => (act.kind === "hangs" || act.kind === "stuck") && now - since >= timeoutMs);
    if (late.length === 0) return;
    for (const { event, act } of late) this.#around.acted(this.load, event, act, undefined);
    this.#stuck = late.some(({ act }) => act.kind === "stuck");
    this.#culprits = late.map(({ chunk, index }) => [chunk.c, index, timeoutMs] as const);
    this.end("timeout");
  }

  end(why: WorkerEnd): void {
    if (this.#why !== undefined) return;
    this.#why = why;
    this.#events.onEnding(this, why);
    this.#wake();
  }

  giveUp(): void {
    this.#report({ stuck: true });
  }

  #report(extra: { stuck?: true }): void {
    if (this.#ended) return;
    this.#ended = true;
    const message = this.#why === "load" ? { message: "the simulated script does not load" } : {};
    this.#events.onEnded(this, { t: "ended", v: this.load.v, why: this.#why ?? "exit", owed: [...this.owed.keys()], running: this.#culprits, ...message, ...extra });
  }

  #wake(): void {
    if (this.#stepping || this.#ended) return;
    this.#stepping = true;
    this.#around.step(this.#source, () => {
      this.#stepping = false;
      if (this.#step()) this.#wake();
    });
  }

  /** Does one thing; false when there is nothing to do. */
  #step(): boolean {
    const { random, seed } = this.#around;
    if (this.#why !== undefined) {
      if (!this.#stuck) this.#report({});
      return false;
    }
    if (this.#loading) return this.#loads(loads(seed, this.#temper, this.load.v));
    const next = this.#waiting.length > 0 && this.#running.length < this.load.concurrency;
    const ending = this.#running.filter(({ act }) => act.kind !== "hangs" && act.kind !== "stuck");
    if (this.#ready.size > 0 && (random.chance(0.3) || (!next && ending.length === 0))) this.#flush();
    else if (ending.length > 0 && (!next || random.chance(0.5))) this.#finish(random.pick(ending));
    else if (next) this.#begin();
    else return false;
    return true;
  }

  #loads(ok: boolean): boolean {
    this.#loading = false;
    if (ok) {
      this.#events.onLoaded();
      return true;
    }
    this.#around.loadFailed(this.load);
    this.end("load");
    return false;
  }

  #begin(): void {
    const waiting = this.#waiting[0];
    const seen = waiting?.events[waiting.next];
    if (waiting === undefined || seen === undefined) return;
    const { chunk } = waiting;
    if (waiting.next === 0 && chunk.epoch !== this.#epoch) {
      this.#epoch = chunk.epoch;
      this.#failed = chunk.failed;
      this.#halted = false;
    }
    const index = waiting.next++;
    if (waiting.next === waiting.events.length) this.#waiting.shift();
    if (this.#halted) return this.#push(chunk.c, [index, 3, 0, 0]);
    const event = seen.event.id;
    const attempt = this.#around.begun(this.load, event);
    this.#running.push({ chunk, index, event, act: actOf(this.#around.seed, this.#temper, this.load.hook.slug, event, attempt), since: this.#around.monotonic() });
  }

  #finish(run: Running): void {
    const { act, event } = run;
    switch (act.kind) {
      case "exits":
      case "memory":
        for (const one of this.#running) this.#around.acted(this.load, one.event, { ...one.act, kind: act.kind }, undefined);
        this.#culprits = this.#running.map(({ chunk, index }) => [chunk.c, index, 0] as const);
        return this.end(act.kind === "exits" ? "exit" : "memory");
      case "dies":
        this.#around.acted(this.load, event, act, undefined);
        return this.#die();
      case "kills":
        return this.#around.killDaemon(`${this.load.hook.slug} killed the daemon with ${event}`);
      case "hangs":
      case "stuck":
        return;
      case "answers":
      case "throws":
      case "invalid":
      case "bad_emit":
      case "slow":
        this.#running.splice(this.#running.indexOf(run), 1);
        return this.#answer(run);
    }
  }

  #answer({ chunk, index, event, act }: Running): void {
    const { kind } = act;
    const ok = kind === "answers" || kind === "bad_emit";
    // With more than one at a time there is no one count to keep.
    const counted = act.counts && ok && this.load.concurrency === 1 ? (this.#state += 1) : undefined;
    this.#around.acted(this.load, event, act, counted);
    const result = resultOf(act, event, this.load.hook.slug);
    this.#failed = ok ? 0 : this.#failed + 1;
    if (this.#failed >= chunk.threshold) this.#halted = true;
    const doubtful = counted !== undefined && result !== undefined && !isSureResult(result);
    if (kind !== "throws" && (act.disable || doubtful || (act.fire && kind !== "invalid" && chunk.haltOnFire))) this.#halted = true;
    const at = this.#around.now();
    const state = counted === undefined ? {} : { state: [["n", counted]] as const };
    if (kind === "throws") return this.#push(chunk.c, [index, 2, at, act.durationUs, { error: { message: "simulated failure" } }]);
    if (result !== undefined) return this.#push(chunk.c, [index, 1, at, act.durationUs, { ...state, result }]);
    this.#push(chunk.c, counted === undefined ? [index, 0, at, act.durationUs] : [index, 0, at, act.durationUs, state]);
  }

  #push(chunk: number, result: WireResult): void {
    const ready = this.#ready.get(chunk);
    if (ready === undefined) this.#ready.set(chunk, [result]);
    else ready.push(result);
  }

  #flush(): void {
    const ready = [...this.#ready];
    this.#ready.clear();
    for (const [chunk, results] of ready) this.#events.onResults(this, chunk, results.length, JSON.stringify(results));
  }
}

/** What the script returned, as JSON would carry it; nothing for a plain "no". */
function resultOf(act: Act, event: string, slug: string): Record<string, unknown> | undefined {
  if (act.kind === "invalid") return { fire: "yes" };
  if (act.kind === "bad_emit") return { fire: act.fire, emit: [{ type: "", content: 7 }] };
  const emit = act.emits === 0 ? {} : { emit: [{ id: `hook:${slug}:${event}`, type: "echo", channel: "test" }] };
  if (!act.fire && !act.disable && act.emits === 0) return undefined;
  return { fire: act.fire, ...(act.disable ? { disable_hook: true } : {}), ...emit };
}
