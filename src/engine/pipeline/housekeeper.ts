import type { Clock } from "../core/clock.ts";
import { NexusError } from "../core/errors.ts";
import type { NoticeKind } from "../core/notice.ts";
import { DAY_MS, HOUR_MS, type RetentionRules } from "../core/retention.ts";
import { lastSeq } from "../store/event-queries.ts";
import { getMeta, setMeta } from "../store/meta.ts";
import type { Store } from "../store/open.ts";
import { databaseSize, releaseBytes } from "../store/retention/database-size.ts";
import { walkEvents } from "../store/retention/event-walk.ts";
import { EXPIRIES } from "../store/retention/expire.ts";
import { expireRefs } from "../store/retention/expire-refs.ts";
import { mergeText } from "../store/retention/clear-event.ts";
import { WALK_START, walkInvocations, type InvocationPlace } from "../store/retention/invocation-walk.ts";
import { purgeHooks, removeScripts, trimActivations } from "../store/retention/purge-hooks.ts";
import { RemovalRecord } from "../store/retention/retention-log.ts";

/** Rows looked at between two looks at the clock: about 1 ms of invocations, 2 ms of events with their full text. */
const INVOCATION_ROWS = 200;
const EVENT_ROWS = 20;
const SMALL_ROWS = 200;
const RELEASE_BYTES = 262_144;
const TEXT_PAGES = 16;
/** The full text is rewritten when so large a share of it is of events that are gone: so much garbage, ten writes a word. */
const GONE_SHARE = 0.1;
/** A slice is one transaction on the daemon's own connection: another's would make this one's page cache void (measured). */
const SLICE_MS = 5;
/** With evaluation at work a slice comes so rarely that it takes a twentieth of the time; otherwise half of it. */
const BUSY_PAUSE_MS = 100;
const FIRST_LOOK_MS = 5_000;
const LOOK_MS = 60_000;
/** Past max_bytes rows go until so much of it is left, so that they do not go one by one from then on. */
const TARGET_SHARE = 0.95;
/** Free pages that new rows will soon take again are worth more than a smaller file. */
const SLACK_BYTES = 8 * 1_048_576;
const SLACK_SHARE = 0.1;

export interface HousekeeperParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly rules: RetentionRules;
  readonly deleteRetentionDays: number;
  /** Whether evaluation has work. */
  readonly busy: () => boolean;
  readonly notice: (kind: NoticeKind, data: Readonly<Record<string, unknown>>) => void;
}

/**
 * Removes what `[retention]` no longer keeps, oldest first, in slices of a few milliseconds. What is not evaluated, and
 * what a pending dispatch refers to, is never removed.
 *
 * A pass goes through all stages and remembers, in memory, how far it came; once a day, after a start and after a
 * failure it begins at the oldest row again, and meets what had to stay before. Every slice leaves a consistent state.
 */
export class Housekeeper {
  readonly #parts: HousekeeperParts;
  readonly #record = new RemovalRecord();
  #pass: Generator<void> | undefined;
  #place: InvocationPlace = WALK_START;
  #eventPlace = 0;
  /** How far the walks under pressure came. */
  #forcedPlace: InvocationPlace | undefined = WALK_START;
  #forcedEvent: number | undefined = 0;
  #fullAt = Number.NEGATIVE_INFINITY;
  #blocked = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: HousekeeperParts) {
    this.#parts = parts;
  }

  /** From now on it looks by itself. */
  start(): void {
    this.#plan(FIRST_LOOK_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** A whole pass at once; returns how many rows went. */
  sweep(): number {
    let rows = 0;
    for (;;) {
      const slice = this.slice();
      rows += slice.rows;
      if (slice.done) return rows;
    }
  }

  /** One slice of the running pass, or of the next one. Throws what the database throws; the pass is then begun anew. */
  slice(): { readonly done: boolean; readonly rows: number } {
    const { store, clock } = this.#parts;
    const pass = (this.#pass ??= this.#steps());
    try {
      const slice = store.write(() => {
        const done = goOn(pass);
        return { done, rows: this.#record.save(store, clock.now()) };
      }, false);
      if (slice.done) this.#pass = undefined;
      return slice;
    } catch (error) {
      // What the undone slice walked past is met again.
      this.#pass = undefined;
      this.#fullAt = Number.NEGATIVE_INFINITY;
      this.#record.clear();
      throw error;
    }
  }

  #plan(ms: number): void {
    this.#timer = setTimeout(() => this.#look(), ms);
    this.#timer.unref();
  }

  #look(): void {
    const begun = performance.now();
    try {
      const { done } = this.slice();
      if (this.#timer === undefined) return;
      this.#plan(done ? LOOK_MS : this.#parts.busy() ? BUSY_PAUSE_MS : performance.now() - begun);
    } catch (error) {
      // On a full disk there is no room for a row that says so either; `nexus status` shows the disk.
      if (!(error instanceof NexusError && error.code === "DATABASE_FULL")) this.#parts.notice("retention_failed", { error: error instanceof Error ? error.message : String(error) });
      this.#plan(LOOK_MS);
    }
  }

  *#steps(): Generator<void> {
    const { store, clock, rules, deleteRetentionDays } = this.#parts;
    const now = clock.now();
    const full = now - this.#fullAt >= DAY_MS || now < this.#fullAt;
    if (full) this.#beginAnew(now);
    yield* this.#walkInvocations(now);
    for (const expire of EXPIRIES) {
      while (expire(store, rules, now, SMALL_ROWS, this.#record) >= SMALL_ROWS) yield;
      yield;
    }
    yield* this.#walkEvents(now);
    if (full) {
      purgeHooks(store, now - deleteRetentionDays * DAY_MS, this.#record);
      trimActivations(store);
      yield;
      removeScripts(store, now, this.#record);
      yield;
      yield* expireRefs(store, rules, now, this.#record);
    }
    yield* this.#shrink();
    yield* this.#tidyText();
    yield* this.#release();
    // An idle daemon must not write each minute only to say that it looked.
    if (now - (getMeta(store, "housekeeper_at") ?? 0) >= HOUR_MS) setMeta(store, "housekeeper_at", now);
  }

  #beginAnew(now: number): void {
    this.#fullAt = now;
    this.#place = WALK_START;
    this.#eventPlace = 0;
    this.#forcedPlace = WALK_START;
    this.#forcedEvent = 0;
    this.#blocked = false;
  }

  *#walkInvocations(now: number): Generator<void> {
    const { store, rules } = this.#parts;
    const foldBefore = now - rules.fold_after_hours * HOUR_MS;
    const removeBefore = now - rules.invocations_days * DAY_MS;
    for (;;) {
      const came = walkInvocations(store, this.#place, { foldBefore: Math.max(foldBefore, removeBefore), removeBefore, rows: INVOCATION_ROWS, why: "folded" }, this.#record);
      if (came === undefined) return;
      this.#place = came;
      yield;
    }
  }

  *#walkEvents(now: number): Generator<void> {
    const { store, rules } = this.#parts;
    for (;;) {
      const came = walkEvents(store, this.#eventPlace, { before: now - rules.events_days * DAY_MS, now, rows: EVENT_ROWS, why: "age" }, this.#record);
      if (came === undefined) return;
      this.#eventPlace = came;
      yield;
    }
  }

  /** Past max_bytes: boring invocations of any age, then whole events, the oldest first, until it is well below. */
  *#shrink(): Generator<void> {
    const { store, rules, notice } = this.#parts;
    const used = (): number => databaseSize(store).used_bytes;
    const before = used();
    if (before <= rules.max_bytes) {
      this.#blocked = false;
      return;
    }
    const target = rules.max_bytes * TARGET_SHARE;
    while (this.#forcedPlace !== undefined && used() > target) {
      this.#forcedPlace = walkInvocations(store, this.#forcedPlace, { foldBefore: Number.MAX_SAFE_INTEGER, removeBefore: Number.MIN_SAFE_INTEGER, rows: INVOCATION_ROWS, why: "bytes" }, this.#record);
      yield;
    }
    while (this.#forcedEvent !== undefined && used() > target) {
      this.#forcedEvent = walkEvents(store, this.#forcedEvent, { before: Number.MAX_SAFE_INTEGER, now: Number.MAX_SAFE_INTEGER, rows: EVENT_ROWS, why: "bytes" }, this.#record);
      yield;
      yield* this.#tidyText();
    }
    const after = used();
    const figures = { used_bytes_before: before, used_bytes: after, max_bytes: rules.max_bytes };
    if (after < before) notice("retention_removed", { why: "bytes", ...figures });
    if (after > rules.max_bytes && !this.#blocked) {
      this.#blocked = true;
      notice("retention_blocked", { why: "only what is not evaluated, or what pending dispatches need, is left", ...figures });
    }
  }

  /** Removing a text from the index adds to it: it shrinks when all its segments are merged, a few pages at a time. */
  *#tidyText(): Generator<void> {
    const { store } = this.#parts;
    const removed = getMeta(store, "events_removed") ?? 0;
    const kept = lastSeq(store) - removed;
    if (removed - (getMeta(store, "text_tidied") ?? 0) <= kept * GONE_SHARE) return;
    for (let pages = -TEXT_PAGES; mergeText(store, pages); pages = TEXT_PAGES) yield;
    setMeta(store, "text_tidied", removed);
  }

  /** Gives back free pages that would stay free for long; all of them where the file is over its limit. */
  *#release(): Generator<void> {
    const { store, rules } = this.#parts;
    for (;;) {
      const { used_bytes, free_bytes, incremental_vacuum } = databaseSize(store);
      const slack = Math.min(Math.max(SLACK_BYTES, used_bytes * SLACK_SHARE), Math.max(0, rules.max_bytes - used_bytes));
      if (!incremental_vacuum || free_bytes <= slack || releaseBytes(store, Math.min(RELEASE_BYTES, free_bytes - slack)) === 0) return;
      yield;
    }
  }
}

/** Runs a pass until its slice is over; true when the pass is. */
function goOn(pass: Generator<void>): boolean {
  const begun = performance.now();
  do {
    if (pass.next().done === true) return true;
  } while (performance.now() - begun < SLICE_MS);
  return false;
}
