import { dirname } from "node:path";
import type { HookPermissions } from "../core/hook-permissions.ts";
import type { Job, Submission } from "./job.ts";
import type { LaneEvents } from "./lane.ts";
import { Lane } from "./lane.ts";
import type { WireResult } from "./protocol.ts";
import type { RuntimeOptions } from "./runtime.ts";
import type { Isolation } from "./sandbox/isolation.ts";
import { explainDenial } from "./sandbox/explain-denial.ts";
import type { SandboxPolicy } from "./sandbox/policy.ts";
import { policyOf } from "./sandbox/policy.ts";
import type { Mechanism } from "./sandbox/probe-mechanism.ts";

/** How often idle evaluators are looked for, ms; less when they are to be ended sooner. */
const IDLE_LOOK_MS = 10_000;
/** The kind of a result that is an error of the hook. */
const FAILED = 2;
/** The key of a hook that declares nothing. */
const PLAIN = "";

interface Entry {
  readonly lane: Lane;
  readonly key: string;
  lastUsed: number;
}

/** The evaluators of a runtime: a shared one, one for each set of permissions in use, and one for a suspect. */
export class LaneSet {
  readonly #options: RuntimeOptions;
  readonly #events: LaneEvents;
  readonly #clockOffset: () => number;
  readonly #lanes = new Map<string, Entry>();
  #solo: Entry | undefined;
  /** Submissions for which no evaluator may be started yet; as many at most as pairs are in flight. */
  #waiting: Submission[] = [];
  readonly #keys = new WeakMap<HookPermissions, string>();
  readonly #ending = new Set<Promise<void>>();
  readonly #look: ReturnType<typeof setInterval>;

  constructor(options: RuntimeOptions, events: LaneEvents, clockOffset: () => number) {
    this.#options = options;
    this.#events = events;
    this.#clockOffset = clockOffset;
    this.#look = setInterval(() => this.#endIdle(performance.now() - options.idleMs), Math.min(options.idleMs, IDLE_LOOK_MS));
    this.#look.unref();
  }

  get inFlight(): number {
    let sum = this.#waiting.length;
    for (const { lane } of this.#all()) sum += lane.inFlight;
    return sum;
  }

  get soloFree(): boolean {
    return this.#solo === undefined || this.#solo.lane.inFlight === 0;
  }

  get pids(): readonly number[] {
    return [...this.#all()].map(({ lane }) => lane.pid).filter((pid) => pid !== undefined);
  }

  submit(submission: Submission, alone: boolean): void {
    const key = this.#keyOf(submission.permissions);
    const entry = alone ? this.#soloFor(key, submission.permissions) : this.#laneFor(key, submission.permissions);
    if (entry === undefined) {
      this.#waiting.push(submission);
      return;
    }
    entry.lastUsed = performance.now();
    entry.lane.submit(submission);
  }

  flush(): void {
    for (const { lane } of this.#all()) lane.flush();
  }

  retire(version: string): void {
    for (const { lane } of this.#all()) lane.retire(version);
  }

  recycle(why: string, pids?: readonly number[]): void {
    for (const { lane } of this.#all()) if (pids === undefined || (lane.pid !== undefined && pids.includes(lane.pid))) lane.recycle(why);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#look);
    this.#waiting = [];
    await Promise.all([...[...this.#all()].map(({ lane }) => lane[Symbol.asyncDispose]()), ...this.#ending]);
  }

  *#all(): Iterable<Entry> {
    yield* this.#lanes.values();
    if (this.#solo !== undefined) yield this.#solo;
  }

  get #isolation(): Isolation {
    const isolation = this.#options.isolation();
    if (isolation === undefined) throw new Error("no evaluator may be started before it is known what it is put into");
    return isolation;
  }

  /** Without a sandbox there is nothing to tell hooks apart by. */
  #keyOf(permissions: HookPermissions | undefined): string {
    if (permissions === undefined || this.#isolation.mechanism === "none") return PLAIN;
    let key = this.#keys.get(permissions);
    if (key === undefined) {
      const { read = [], write = [], net = [], run = [] } = permissions;
      key = [read, write, net, run].every((list) => list.length === 0) ? PLAIN : JSON.stringify([read, write, net, run]);
      this.#keys.set(permissions, key);
    }
    return key;
  }

  #laneFor(key: string, permissions: HookPermissions | undefined): Entry | undefined {
    const known = this.#lanes.get(key);
    if (known !== undefined) return known;
    if (key !== PLAIN && !this.#hasPlace()) return undefined;
    const entry = { key, lane: this.#open(permissions, this.#events), lastUsed: performance.now() };
    this.#lanes.set(key, entry);
    return entry;
  }

  /** Past the limit the evaluator that was idle for longest makes room. */
  #hasPlace(): boolean {
    const beside = [...this.#lanes.values()].filter(({ key }) => key !== PLAIN);
    if (beside.length < this.#options.permissionSets) return true;
    const [oldest] = beside.filter(({ lane }) => lane.inFlight === 0).sort((one, other) => one.lastUsed - other.lastUsed);
    if (oldest === undefined) return false;
    this.#close(oldest);
    return true;
  }

  #soloFor(key: string, permissions: HookPermissions | undefined): Entry {
    if (this.#solo?.key === key) return this.#solo;
    if (this.#solo !== undefined) this.#end(this.#solo.lane);
    this.#solo = { key, lane: this.#open(permissions, this.#asSolo()), lastUsed: performance.now() };
    return this.#solo;
  }

  #open(permissions: HookPermissions | undefined, events: LaneEvents): Lane {
    const { permissionSets: _sets, isolation: _isolation, ...evaluator } = this.#options;
    const { mechanism } = this.#isolation;
    if (mechanism === "none") return new Lane(evaluator, events, this.#clockOffset);
    const policy = policyOf(permissions, { state: dirname(evaluator.database) });
    return new Lane({ ...evaluator, sandbox: { mechanism, permissions } }, this.#explaining(events, policy, mechanism), this.#clockOffset);
  }

  #close(entry: Entry): void {
    this.#lanes.delete(entry.key);
    this.#end(entry.lane);
  }

  #end(lane: Lane): void {
    const ending = lane[Symbol.asyncDispose]().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #endIdle(before: number): void {
    for (const entry of this.#lanes.values()) if (entry.key !== PLAIN && entry.lane.inFlight === 0 && entry.lastUsed < before) this.#close(entry);
  }

  /** An evaluator may have become idle: what waits for one is tried again, in order. */
  #place(): void {
    if (this.#waiting.length === 0) return;
    setImmediate(() => {
      for (const submission of this.#waiting.splice(0)) this.submit(submission, false);
      this.flush();
    });
  }

  #explaining(events: LaneEvents, policy: SandboxPolicy, mechanism: Mechanism): LaneEvents {
    const explained = (message: string): string => {
      const why = explainDenial(message, policy, mechanism);
      return why === undefined ? message : `${message} (${why})`;
    };
    return {
      ...events,
      onResults: (version, results) => {
        const failed = results.some(([, wire]) => wire[1] === FAILED);
        events.onResults(version, failed ? results.map((result) => explainResult(result, explained)) : results);
        this.#place();
      },
      onFailed: (version, job, failure) => {
        events.onFailed(version, job, { ...failure, message: explained(failure.message) });
        this.#place();
      },
      onReturned: (version, jobs, why, failure) => {
        events.onReturned(version, jobs, why, failure);
        this.#place();
      },
      onLoadFailed: (version, failure) => events.onLoadFailed(version, { ...failure, message: explained(failure.message) }),
    };
  }

  #asSolo(): LaneEvents {
    const { onReturned, onFailed } = this.#events;
    return {
      ...this.#events,
      onReturned: (version, jobs, why, failure) => {
        if (why !== "suspect" || failure === undefined) return onReturned(version, jobs, why);
        for (const job of jobs) onFailed(version, job, failure);
      },
    };
  }
}

function explainResult([job, wire]: readonly [Job, WireResult], explained: (message: string) => string): readonly [Job, WireResult] {
  const [index, kind, startedAt, durationUs, extra] = wire;
  if (kind !== FAILED || extra?.error === undefined) return [job, wire];
  return [job, [index, kind, startedAt, durationUs, { ...extra, error: { ...extra.error, message: explained(extra.error.message) } }]];
}
