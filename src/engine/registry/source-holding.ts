import type { Clock } from "../core/clock.ts";
import { NexusError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";
import type { IdFactory } from "../core/ids.ts";
import { lastSeq } from "../store/event-queries.ts";
import { countWaitingOf } from "../store/held-events.ts";
import { isKnownSource } from "../store/list-sources.ts";
import { addNotice } from "../store/notices.ts";
import type { Store } from "../store/open.ts";
import { saveSourceHold, sourceHold, sourceHolds, type SourceHold } from "../store/source-holds.ts";

interface HoldParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: IdFactory;
}

interface Write {
  /** Who asks for it. */
  readonly by: string;
  /** Checks everything, changes nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What an operation did; with `dryRun`, what it would have done. */
export interface HoldChange {
  readonly hold: SourceHold;
  readonly changed: boolean;
  /** Whether an event of the source is stored: a name that nothing has may be a mistake. */
  readonly known: boolean;
  /** Events that waited because of the hold. */
  readonly waiting: number;
  /** How many of them are discarded. */
  readonly discarded: number;
}

/** Each costs memory and a look; who holds more wants `nexus serve` to stop. */
const MOST_HOLDS = 1_000;

/**
 * From now on events of the source are stored and wait. What its hooks have in their queues already goes on. The timer is
 * not held: each slot has a row of its own that says what became of it, and a stop is made up for within
 * schedule.catch_up_cap; slots that waited would all run at once. A schedule is stopped by disabling its hook.
 */
export function holdSource(parts: HoldParts, source: string, options: Write & { readonly reason?: string | undefined }): HoldChange {
  const { store } = parts;
  checkName(source);
  if (source === "timer") throw new NexusError("SOURCE_NOT_HOLDABLE", "the timer cannot be held: its slots would all run at once when it is released", { hint: "disable the hooks whose schedules are not to run", next: ["nexus hooks list"] });
  return write(parts, options, () => {
    const before = sourceHold(store, source);
    const { held_by: _by, reason: _reason, ...rest } = before ?? { source };
    const hold: SourceHold = { ...rest, held_at: before?.held_at ?? parts.clock.now(), held_by: options.by, ...(options.reason === undefined ? {} : { reason: options.reason }) };
    const known = isKnownSource(store, source);
    const waiting = before === undefined ? 0 : countWaitingOf(store, source);
    if (before?.held_at !== undefined && (options.reason === undefined || options.reason === before.reason)) return { hold: before, changed: false, known, waiting, discarded: 0 };
    if (before === undefined && sourceHolds(store).length >= MOST_HOLDS) throw new NexusError("SOURCE_NOT_HOLDABLE", `${MOST_HOLDS} sources are held, as many as can be`, { hint: "release some of them", next: ["nexus sources list"] });
    saveSourceHold(store, hold);
    note(parts, "source_held", { source, by: options.by, reason: options.reason ?? null });
    return { hold, changed: true, known, waiting, discarded: 0 };
  });
}

/**
 * What waits is evaluated, in order and before what comes from now on; with `discard` each pair of an event and a hook
 * gets an outcome that says it was not, also of what was released before and has not had its turn.
 */
export function releaseSource(parts: HoldParts, source: string, options: Write & { readonly discard?: boolean | undefined }): HoldChange {
  const { store, clock } = parts;
  checkName(source);
  return write(parts, options, () => {
    const before = sourceHold(store, source);
    const known = isKnownSource(store, source);
    if (before === undefined && !known) throw new NexusError("SOURCE_NOT_FOUND", `no source called ${JSON.stringify(source)} is held, and no event of one is stored`, { did_you_mean: nearest(source, sourceHolds(store).map((hold) => hold.source)), next: ["nexus sources list"] });
    const waiting = before === undefined ? 0 : countWaitingOf(store, source);
    if (before === undefined || (before.held_at === undefined && options.discard !== true)) return { hold: before ?? { source }, changed: false, known, waiting, discarded: 0 };
    const { held_at: _at, held_by: _by, reason, ...rest } = before;
    const discard = options.discard !== true ? {} : { discard_until_seq: lastSeq(store), discard_reason: `discarded by ${options.by} at ${new Date(clock.now()).toISOString()}: ${source} was held${reason === undefined ? "" : ` (${reason})`}` };
    const hold: SourceHold = { ...rest, ...discard };
    const discarded = options.discard === true ? waiting : 0;
    saveSourceHold(store, hold);
    note(parts, "source_released", { source, by: options.by, waiting, discarded });
    return { hold, changed: true, known, waiting, discarded };
  });
}

function checkName(source: string): void {
  if (source === "" || source.includes(":")) throw new NexusError("USAGE", `${JSON.stringify(source)} is no source; give what stands before the colon of its events' ids`, { next: ["nexus sources list"] });
}

function write<T>({ store }: HoldParts, { dryRun }: Write, work: () => T): T {
  return dryRun === true ? store.rehearse(work) : store.write(work);
}

function note({ store, clock, ids }: HoldParts, kind: "source_held" | "source_released", data: Readonly<Record<string, unknown>>): void {
  const at = clock.now();
  addNotice(store, { id: ids.make("ntc", at), at, kind, data });
}
