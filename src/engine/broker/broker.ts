import type { DueWork } from "../core/due-work.ts";
import type { Delivery } from "../store/deliveries.ts";
import { dispatchById, leaveUntold, settleDispatch, waitingAfter, type WaitingRow } from "../store/dispatches.ts";
import { getMeta } from "../store/meta.ts";
import { deliverer } from "./deliverer.ts";
import { Finalizer } from "./finalizer.ts";
import type { BrokerParts } from "./parts.ts";
import { itemOf } from "./item-of.ts";
import { nextStep, type Item, type QueueRules, type Step } from "./queue-plan.ts";
import { recoverTurns } from "./recover.ts";
import { rulesOf } from "./settings.ts";
import { Steering } from "./steering.ts";
import { Turns } from "./turns.ts";
import type { TurnRun } from "./turn-run.ts";
import { WaitingRoom } from "./waiting-room.ts";

/** Rows read at a time. */
const PAGE = 1_000;
/** A timer sleeps no longer than this; what is further away is looked at again. */
const LONGEST_SLEEP_MS = 60_000;

/**
 * Takes dispatches to agents and answers back. All truth is in the rows: an item is leased to a turn until the turn has
 * ended, and whatever ends a turn (an answer, an error, a timeout, a kill, a restart) decides in one transaction what
 * becomes of its items and lets the next one go.
 *
 *   waiting ── its session is free, a place is free ──▶ claimed ─▶ context assembled ─▶ running ─▶ settled
 *      ├── steers a running turn ─▶ part of it          (a kill anywhere here: it waits again)
 *      └── dropped, expired, cancelled
 */
export class Broker {
  readonly #parts: BrokerParts;
  readonly #rules: QueueRules;
  readonly #room = new WaitingRoom();
  readonly #turns: Turns;
  readonly #steering: Steering;
  readonly #deliverer: DueWork<Delivery>;
  readonly #finalizer: Finalizer;
  /** Sessions to be looked at. */
  readonly #dirty = new Set<string>();
  /** Sessions that could begin a turn and have no place, the longest-waiting first. */
  readonly #queued = new Set<string>();
  #generation: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #due = Number.POSITIVE_INFINITY;
  #started = false;
  /** There may be rows that have not been read yet. */
  #unread = true;
  #stopping = false;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
    this.#rules = rulesOf(parts.settings);
    this.#turns = new Turns(parts, { free: (session) => this.#freed(session), returned: (session, item) => this.#returned(session, item) });
    this.#steering = new Steering(parts, { putBack: (session, item) => this.#room.putBack(session, item), done: (session) => this.#advance(session) });
    this.#finalizer = new Finalizer(parts);
    this.#deliverer = deliverer(parts, () => this.#finalizer.note());
    this.#generation = getMeta(parts.store, "work_generation") ?? 0;
  }

  /** Without a single agent fires wait as they are: nobody could answer them. */
  get #isOn(): boolean {
    return this.#started && !this.#stopping && Object.keys(this.#parts.settings.agents).length > 0;
  }

  /** Whether nothing is under way, or will be at once; what is tried again later does not count. */
  get isIdle(): boolean {
    if (!this.#isOn) return true;
    const soon = this.#parts.now() + this.#rules.debounceMs;
    return this.#turns.count === 0 && this.#steering.count === 0 && this.#dirty.size === 0 && this.#queued.size === 0 && this.#deliverer.isIdle && this.#finalizer.isIdle && this.#due > soon;
  }

  get status(): { readonly running: number; readonly waiting: number; readonly sending: number } {
    return { running: this.#turns.count, waiting: this.#room.count, sending: this.#deliverer.count };
  }

  /** Ends what a killed daemon left running, gives its dispatches back, and begins. */
  async start(): Promise<void> {
    await recoverTurns(this.#parts, this.#turns);
    this.#started = true;
    if (!this.#isOn) return;
    this.#deliverer.start();
    this.#finalizer.start();
    this.look();
  }

  /** A commit brought dispatches. */
  fired(): void {
    this.#unread = true;
  }

  /** After a commit: takes up what is new. Costs one look at a counter, unless there may be something. */
  look(): void {
    if (!this.#isOn) return;
    const generation = getMeta(this.#parts.store, "work_generation") ?? 0;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#reload();
    }
    if (this.#unread) this.#read();
    this.#deliverer.look();
    this.#finalizer.look();
    this.#pump();
  }

  #read(): void {
    this.#unread = false;
    for (let rows = this.#page(); rows.length > 0; rows = rows.length < PAGE ? [] : this.#page()) for (const row of rows) this.#take(row);
  }

  /** Starts nothing more; what runs is waited for, so long at most, and then ended: its dispatches wait for the next start. */
  async stop(forMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#deliverer.stop();
    this.#finalizer.stop();
    await this.#turns.stop(forMs);
  }

  /** At once. What ran is ended; its rows are put right by the next start. */
  dispose(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    this.#deliverer.stop();
    this.#finalizer.stop();
    this.#turns.abandon();
  }

  #page(): WaitingRow[] {
    return waitingAfter(this.#parts.store, this.#room.last, PAGE);
  }

  /** Another process has retried, cancelled or sent something. */
  #reload(): void {
    this.#room.clear();
    this.#unread = true;
    this.#deliverer.changed();
    this.#parts.looked();
    this.#finalizer.note();
    for (const run of this.#turns.all) if (isCancelled(this.#parts, run)) run.end("cancelled", "cancelled by hand");
  }

  #take(row: WaitingRow): void {
    const item = itemOf(row, this.#parts.settings);
    if (typeof item === "string") {
      this.#room.add(row, undefined);
      this.#fail(row.id, item);
      return;
    }
    if (this.#turns.has(row.id)) return this.#room.add(row, undefined);
    this.#room.add(row, this.#turns.of(row.session_key) === undefined ? item : { ...item, blocked: true });
    this.#dirty.add(row.session_key);
  }

  #fail(id: string, reason: string): void {
    const { store, now, notice, commit } = this.#parts;
    commit(() => {
      if (settleDispatch(store, id, "pending", "failed", now(), reason)) notice("dispatch_failed", undefined, { dispatch: id, reason });
    });
  }

  #pump(): void {
    // Those that wait for a place come first, the longest-waiting first of all; where there is none, none is looked at.
    for (const session of this.#queued) {
      if (!this.#turns.hasPlaces) break;
      const [head] = this.#room.of(session);
      if (head === undefined || this.#turns.hasPlace(head.agent)) this.#advance(session);
    }
    for (const session of this.#dirty) {
      this.#dirty.delete(session);
      this.#advance(session);
    }
  }

  /** Takes one session as far as it goes. */
  #advance(session: string): void {
    if (!this.#isOn) return;
    for (;;) {
      const run = this.#turns.of(session);
      if (run !== undefined) this.#room.block(session);
      const step = nextStep({ running: run === undefined ? undefined : { agent: run.agent, group: run.group, steerable: run.isSteerable, ending: run.ending }, waiting: this.#room.of(session) }, this.#rules, this.#parts.now());
      if (step.step !== "start") this.#queued.delete(session);
      if (step.step === "rest") return this.#wakeToExpire(session);
      if (step.step === "wait") return this.#wake(step.until);
      if (!this.#do(session, step, run)) return;
    }
  }

  /** False when there is nothing more to do for now. */
  #do(session: string, step: Exclude<Step, { step: "rest" | "wait" }>, run: TurnRun | undefined): boolean {
    switch (step.step) {
      case "drop":
      case "expire":
        this.#room.remove(session, step.items);
        this.#settle(session, step.step === "drop" ? "dropped" : "expired", step);
        return true;
      case "interrupt":
        run?.end("interrupted", `interrupted by ${step.item.id}`);
        return false;
      case "steer":
        this.#room.remove(session, [step.item]);
        if (run !== undefined) this.#steering.begin(run, step.item);
        return false;
      case "start": {
        const agent = step.items[0]?.agent ?? "";
        if (!this.#turns.hasPlace(agent)) {
          this.#queued.add(session);
          return false;
        }
        this.#queued.delete(session);
        this.#room.remove(session, step.items);
        this.#turns.begin(session, step.items, step.mode);
        return false;
      }
    }
  }

  #settle(session: string, status: "dropped" | "expired", { items, reason, tell }: Extract<Step, { step: "drop" | "expire" }>): void {
    const { store, now, notice, commit } = this.#parts;
    commit(() => {
      const gone = items.filter(({ id }) => settleDispatch(store, id, "pending", status, now(), reason)).map(({ id }) => id);
      if (tell === true) for (const id of gone) leaveUntold(store, id);
      if (gone.length > 0) notice(status === "dropped" ? "dispatch_dropped" : "dispatch_expired", undefined, { session, dispatches: gone, reason });
    });
  }

  #returned(session: string, item: Item): void {
    this.#room.putBack(session, item);
    this.#dirty.add(session);
  }

  #freed(session: string): void {
    this.#deliverer.changed();
    this.#finalizer.note();
    this.#dirty.add(session);
    this.#pump();
  }

  #wakeToExpire(session: string): void {
    const [oldest] = this.#room.of(session);
    if (oldest !== undefined) this.#wake(oldest.created_at + this.#rules.ttlMs);
  }

  #wake(at: number): void {
    if (at >= this.#due) return;
    this.#due = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#due = Number.POSITIVE_INFINITY;
      for (const session of this.#room.sessions) this.#dirty.add(session);
      this.#pump();
    }, Math.min(LONGEST_SLEEP_MS, Math.max(1, at - this.#parts.now())));
  }
}

function isCancelled({ store }: BrokerParts, run: TurnRun): boolean {
  return run.items.every(({ id }) => dispatchById(store, id)?.status === "cancelled");
}
