import type { Database } from "bun:sqlite";
import type { Config } from "../../src/engine/config.ts";
import type { Clock } from "../../src/engine/core/clock.ts";
import type { StoredEvent } from "../../src/engine/core/event.ts";
import type { Job, Submission } from "../../src/engine/runtime/job.ts";
import type { LoadHeader } from "../../src/engine/runtime/protocol.ts";
import { activationsOf } from "../../src/engine/store/activations.ts";
import { eventsAfter } from "../../src/engine/store/event-queries.ts";
import type { Store } from "../../src/engine/store/open.ts";
import type { Change } from "../../src/engine/registry/registry.ts";
import type { Act } from "./hook-acts.ts";
import { HookModel, outcomeOf, type Row } from "./hook-model.ts";
import type { Holding } from "./holding.ts";
import type { SimStore } from "./sim-store.ts";

interface ModelParts {
  readonly db: Database;
  readonly config: Config;
  readonly clock: Clock;
  /** In runs in which sources are held. */
  readonly holding: Holding | undefined;
  readonly fail: (message: string) => void;
}

/**
 * The reference: what should be true, kept from what can be seen of the engine (events stored, events handed to the
 * runtime, rows committed) and compared at each commit. It shares no code with what it checks but the row readers.
 */
export class Model {
  readonly hooks = new Map<string, HookModel>();
  readonly #parts: ModelParts;
  readonly #byVersion = new Map<string, HookModel>();
  /** Hooks that owe an outcome, by event; an event stays as long as the run. */
  readonly #owed = new Map<string, Set<string>>();
  readonly #events = new Map<number, StoredEvent>();
  readonly #seqOf = new Map<string, number>();
  readonly #loadFailed = new Set<string>();
  /** What `ctx.state` of a version counts, by the rows. */
  readonly #counts = new Map<string, number>();
  #lastSeq = 0;
  #lastRow = 0;
  #cursor = 0;
  /** Held events that the cursor has passed. */
  readonly #held = new Set<number>();

  constructor(parts: ModelParts) {
    this.#parts = parts;
  }

  get events(): Iterable<StoredEvent> {
    return this.#events.values();
  }

  isStored(id: string): boolean {
    return this.#seqOf.has(id);
  }

  countOf(version: string): number {
    return this.#counts.get(version) ?? 0;
  }

  /** Pairs without an outcome. */
  open(): string[] {
    return [...this.#owed].flatMap(([event, hooks]) => [...hooks].map((hook) => `${event} of ${this.hooks.get(hook)?.hook.slug ?? hook}`));
  }

  changed({ hook, before }: Change): void {
    const known = this.hooks.get(hook.id);
    if (known === undefined) this.hooks.set(hook.id, new HookModel(hook, this.#parts.config.breaker));
    else known.change(hook, before?.circuit_generation !== hook.circuit_generation);
    const model = this.hooks.get(hook.id);
    if (model === undefined) return;
    this.#byVersion.set(hook.version.id, model);
    const isKept = this.#parts.db.query("SELECT 1 FROM hook_state WHERE version_id = ?").get(hook.version.id) !== null;
    if (before !== undefined && before.version.id !== hook.version.id && isKept) this.#counts.set(hook.version.id, this.countOf(before.version.id));
  }

  /** The engine looks at what others have changed. */
  looked(): void {
    for (const model of this.hooks.values()) model.look();
  }

  restarted(): void {
    this.looked();
    for (const model of this.hooks.values()) {
      model.breaker.restart();
      model.flying.clear();
      model.committed();
    }
  }

  submitted({ version, jobs }: Submission): void {
    const model = this.#byVersion.get(version);
    if (model === undefined) return this.#parts.fail(`a version nobody registered was handed over: ${version}`);
    const wrong = model.breaker.submit(jobs.map(({ event }) => event.id), this.#elapsed(model));
    if (wrong !== undefined) this.#parts.fail(`${model.hook.slug}: ${wrong}`);
    for (const { event } of jobs) {
      const held = model.flying.has(event.id) ? undefined : this.#parts.holding?.handedOut(event.source_adapter, event.seq);
      if (held !== undefined) this.#parts.fail(`${model.hook.slug} was handed ${event.id}, although ${held}`);
    }
    for (const { event } of jobs) model.flying.add(event.id);
    for (const { event } of jobs) if (model.rows.has(event.id)) this.#parts.fail(`${model.hook.slug} was handed ${event.id}, which has its outcome`);
  }

  returned(version: string, jobs: readonly Job[], why: string): void {
    const model = this.#byVersion.get(version);
    model?.breaker.returned(jobs.map(({ event }) => event.id));
    for (const { event } of jobs) model?.flying.delete(event.id);
    // What was on its way behind what a Worker hands back may reach another Worker, and overtakes it, once.
    if (why === "halted") for (const event of model?.flying ?? []) model?.tries.set(event, 2);
  }

  anyOpen(): boolean {
    return [...this.hooks.values()].some(({ active, breaker }) => active && breaker.state !== "closed");
  }

  get lastRow(): number {
    return this.#lastRow;
  }

  /** What came behind that row came when every breaker's time was over: of an open hook one was the trial. */
  checkTried(row: number): void {
    for (const { hook, rows, breaker } of this.hooks.values()) {
      const outcomes = [...rows.values()].filter(({ rowid }) => rowid > row).map(({ outcome }) => outcome);
      if (breaker.state !== "closed" && outcomes.length > 0 && outcomes.every((outcome) => outcome === "skipped_circuit")) this.#parts.fail(`${hook.slug}: its breaker is open for ever`);
    }
  }

  /** The wall clock was set. */
  clockSet(): void {
    for (const { breaker } of this.hooks.values()) breaker.openedAt = { ...breaker.openedAt, wall: Math.min(breaker.openedAt.wall, this.#parts.clock.now()) };
  }

  acted(load: LoadHeader, event: string, act: Act, counted: number | undefined): void {
    this.hooks.get(load.hook.id)?.done.set(event, { act, version: load.v, counted });
  }

  begun({ hook }: LoadHeader, event: string): number {
    const model = this.hooks.get(hook.id);
    const tries = (model?.tries.get(event) ?? 0) + 1;
    model?.tries.set(event, tries);
    return tries;
  }

  loadFailed(version: string): void {
    this.#loadFailed.add(version);
  }

  committed(store: SimStore): void {
    const { db } = this.#parts;
    // Asked first whether there is anything: reading no rows would be a tenth of a run.
    const { row, seq } = db.query<{ row: number; seq: number }, []>("SELECT (SELECT max(rowid) FROM hook_invocations) AS row, (SELECT max(seq) FROM events) AS seq").get() ?? { row: 0, seq: 0 };
    const rows =
      row > this.#lastRow
        ? db.query<Row, [number]>("SELECT rowid, hook_id, event_id, version_id, outcome, fired FROM hook_invocations WHERE rowid > ? ORDER BY rowid").all(this.#lastRow)
        : [];
    // Only an answer, or a script that does not load, can end a hook.
    const ended = store.name === "engine" && (rows.length > 0 || this.#loadFailed.size > 0) ? this.#ended(store) : new Map<string, number>();
    if (seq > this.#lastSeq) for (const event of eventsAfter(store, this.#lastSeq, 1_000)) this.#event(event, ended);
    for (const id of ended.keys()) this.#end(id);
    for (const row of rows) this.#row(row);
    for (const id of ended.keys()) this.#checkEnd(id, store);
    this.#checkCursor();
    if (store.name === "engine") for (const model of this.hooks.values()) model.committed();
  }

  /** By whichever clock says more: one that was set back makes it wait anew, one that was set forward lets it go. */
  #elapsed({ breaker }: HookModel): number {
    const { clock } = this.#parts;
    return Math.max(clock.now() - breaker.openedAt.wall, clock.monotonic() - breaker.openedAt.monotonic);
  }

  /** Hooks that the engine itself has stopped with this commit, and the last event they see. */
  #ended(store: Store): Map<string, number> {
    const active = new Set(this.#parts.db.query<{ hook_id: string }, []>("SELECT hook_id FROM hook_activations WHERE until_seq IS NULL").all().map(({ hook_id }) => hook_id));
    const ended = new Map<string, number>();
    for (const [id, model] of this.hooks) {
      if (!model.active || active.has(id)) continue;
      const last = activationsOf(store, id).at(-1);
      const until = last?.until_seq ?? -1;
      if (until < this.#lastSeq) this.#parts.fail(`${model.hook.slug} ended at ${until}, although it was active at ${this.#lastSeq}`);
      ended.set(id, until);
    }
    return ended;
  }

  #event(event: StoredEvent, ended: ReadonlyMap<string, number>): void {
    this.#lastSeq = event.seq;
    this.#events.set(event.seq, event);
    this.#seqOf.set(event.id, event.seq);
    const owed = new Set<string>();
    for (const [id, model] of this.hooks) {
      if (event.suppressed === undefined && model.active && event.seq <= (ended.get(id) ?? event.seq) && model.matches(event)) owed.add(id);
    }
    this.#owed.set(event.id, owed);
  }

  #end(id: string): void {
    const model = this.hooks.get(id);
    if (model === undefined) return;
    model.active = false;
    model.untouched = false;
  }

  #row(row: Row): void {
    this.#lastRow = row.rowid;
    const model = this.hooks.get(row.hook_id);
    const owed = this.#owed.get(row.event_id);
    const wrong = (what: string): void => this.#parts.fail(`${model?.hook.slug ?? row.hook_id}, ${row.event_id}, ${row.outcome}: ${what}`);
    if (model === undefined) return wrong("a row of a hook nobody registered");
    if (owed?.delete(row.hook_id) !== true) return wrong(model.rows.has(row.event_id) ? "a second outcome" : "the hook was not to see this event");
    if (owed.size === 0) this.#owed.delete(row.event_id);
    model.rows.set(row.event_id, row);
    model.flying.delete(row.event_id);
    if (row.outcome.startsWith("skipped_") || row.outcome === "dead") {
      const event = this.#events.get(this.#seqOf.get(row.event_id) ?? 0);
      if (row.outcome === "skipped_discarded" && event !== undefined && this.#parts.holding?.mayBeDiscarded(event.source_adapter, event.seq) === true) return;
      const reason = model.skip(row);
      if (reason !== undefined) wrong(reason);
      return;
    }
    this.#answer(row, model, wrong);
  }

  #answer(row: Row, model: HookModel, wrong: (what: string) => void): void {
    const done = model.done.get(row.event_id);
    const unloaded = row.outcome === "error" && this.#loadFailed.has(row.version_id);
    if (!unloaded && (done === undefined || outcomeOf(done.act) !== row.outcome)) wrong(`the script ${done === undefined ? "was never run" : `did this: ${done.act.kind}`}`);
    if (done !== undefined && !unloaded && done.version !== row.version_id) wrong(`version ${done.version} did it, the row says ${row.version_id}`);
    if ((row.outcome === "fired") !== (row.fired === 1)) wrong("fired and outcome disagree");
    const seq = this.#seqOf.get(row.event_id) ?? 0;
    // What a dying Worker had not sent is done again, later than what it died of.
    if (model.ordered && (model.tries.get(row.event_id) ?? 0) < 2 && this.#events.get(seq)?.addressed_to === undefined && this.#events.get(seq)?.channel !== "timer") {
      // What was held comes beside the ledger's stream, in the order of its source.
      const stream = this.#parts.holding === undefined ? "" : (this.#events.get(seq)?.source_adapter ?? "");
      const last = model.lastSeq.get(stream) ?? 0;
      if (seq < last) wrong(`out of order: ${last} was before ${seq}`);
      model.lastSeq.set(stream, seq);
    }
    const failed = row.outcome !== "fired" && row.outcome !== "no_fire";
    // A version that was replaced before its failure to load was recorded counts no more.
    if (!unloaded || row.version_id === model.hook.version.id) model.breaker.row(row.event_id, failed, { wall: this.#parts.clock.now(), monotonic: this.#parts.clock.monotonic() });
    if (!failed && done?.counted !== undefined) {
      if (done.counted !== this.countOf(done.version) + 1) wrong(`its script saw ${done.counted - 1} in its state; ${this.countOf(done.version)} was committed`);
      this.#counts.set(done.version, done.counted);
    }
    if (row.outcome !== "fired") return;
    model.fires += 1;
    model.firesOfLife += 1;
    if (model.hook.version.metadata.mode === "one-shot" && model.firesOfLife > 1) wrong("a one-shot fired twice");
  }

  /** It may stop by itself only for having fired once, for saying so, or for not loading. */
  #checkEnd(id: string, store: Store): void {
    const model = this.hooks.get(id);
    const last = activationsOf(store, id).at(-1);
    if (model === undefined) return;
    const legitimate = {
      "one-shot fired": model.firesOfLife === 1,
      disabled: [...model.done.values()].some(({ act }) => act.disable),
      errored: [...model.versions.keys()].some((version) => this.#loadFailed.has(version)),
    }[last?.ended_by ?? ""];
    if (legitimate !== true) this.#parts.fail(`${model.hook.slug} was ended (${last?.ended_by ?? "nothing"}) without a reason`);
  }

  /** Behind the cursor nothing is unfinished: after a crash nobody looks there again. */
  #checkCursor(): void {
    const cursor = this.#parts.db.query<{ value: number }, []>("SELECT value FROM meta WHERE key = 'eval_cursor'").get()?.value ?? 0;
    if (cursor < this.#cursor) this.#parts.fail(`the cursor went back from ${this.#cursor} to ${cursor}`);
    for (let seq = this.#cursor + 1; seq <= cursor; seq += 1) {
      const event = this.#events.get(seq);
      if (event === undefined || (this.#owed.get(event.id)?.size ?? 0) === 0) continue;
      if (this.#parts.holding !== undefined && this.#isHeld(seq)) this.#held.add(seq);
      else this.#parts.fail(`the cursor passed ${event.id}, which has no outcome for ${[...(this.#owed.get(event.id) ?? [])].join(", ")}`);
    }
    this.#cursor = cursor;
    for (const seq of this.#held) {
      if (this.#isHeld(seq)) continue;
      this.#held.delete(seq);
      const open = this.#owed.get(this.#events.get(seq)?.id ?? "")?.size ?? 0;
      if (open > 0) this.#parts.fail(`the row of the held event ${seq} is gone, and ${open} pairs have no outcome`);
    }
  }

  #isHeld(seq: number): boolean {
    return this.#parts.db.query("SELECT 1 FROM held_events WHERE seq = ?").get(seq) !== null;
  }
}
