import { NexusError } from "../core/errors.ts";
import { nearest } from "../core/nearest.ts";

/** An instant (Unix ms) from which a zone's UTC offset (ms) is another one. */
export interface Transition {
  readonly at: number;
  readonly before: number;
  readonly after: number;
}

/** A time zone as a line of instants. All times Unix ms, offsets ms east of UTC. */
export interface ZoneClock {
  offsetAt(instant: number): number;
  /** The first transition with `after < at <= until`. */
  firstTransition(after: number, until: number): Transition | undefined;
}

/** No zone changes its offset twice within a week (the shortest pair on record is Morocco's month of Ramadan). */
const CHUNK_MS = 7 * 86_400_000;

const UTC: ZoneClock = { offsetAt: () => 0, firstTransition: () => undefined };

/** Thousands of hooks share a few zones, and an Intl formatter is heavy. Only zones that exist get in. */
const clocks = new Map<string, ZoneClock>();

/** Throws SCHEDULE_INVALID, with the nearest names, when the runtime knows no such IANA zone. */
export function zoneClock(timezone: string): ZoneClock {
  const clock = clocks.get(timezone) ?? createClock(timezone);
  clocks.set(timezone, clock);
  return clock;
}

function createClock(timezone: string): ZoneClock {
  const format = formatFor(timezone);
  if (format.resolvedOptions().timeZone === "UTC") return UTC;

  // Asking Intl for an offset costs microseconds, so each week is asked once. A year is 52 entries.
  const edges = new Map<number, number>();
  const edge = (chunk: number): number => {
    const known = edges.get(chunk) ?? offsetFrom(format, chunk * CHUNK_MS);
    edges.set(chunk, known);
    return known;
  };
  const chunks = new Map<number, Transition | undefined>();
  const transitionIn = (chunk: number): Transition | undefined => {
    if (!chunks.has(chunk)) chunks.set(chunk, edge(chunk) === edge(chunk + 1) ? undefined : bisect(format, chunk, edge(chunk), edge(chunk + 1)));
    return chunks.get(chunk);
  };

  return {
    offsetAt(instant) {
      const chunk = Math.floor(instant / CHUNK_MS);
      const change = transitionIn(chunk);
      return change !== undefined && instant >= change.at ? change.after : edge(chunk);
    },
    firstTransition(after, until) {
      for (let chunk = Math.floor(after / CHUNK_MS); chunk * CHUNK_MS <= until; chunk++) {
        const change = transitionIn(chunk);
        if (change !== undefined && change.at > after && change.at <= until) return change;
      }
      return undefined;
    },
  };
}

function formatFor(timezone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat("en-US", {
      timeZone: timezone,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch (cause) {
    throw new NexusError("SCHEDULE_INVALID", `schedule.timezone: ${JSON.stringify(timezone.slice(0, 60))} is not an IANA time zone such as Europe/Rome or UTC`, {
      did_you_mean: similarZones(timezone),
      cause,
    });
  }
}

function offsetFrom(format: Intl.DateTimeFormat, instant: number): number {
  const fields: Record<string, number> = {};
  for (const { type, value } of format.formatToParts(instant)) fields[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = fields;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1_000) * 1_000;
}

function bisect(format: Intl.DateTimeFormat, chunk: number, before: number, after: number): Transition {
  let low = chunk * CHUNK_MS;
  let high = low + CHUNK_MS;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetFrom(format, middle) === before) low = middle;
    else high = middle;
  }
  return { at: high, before, after };
}

/** A bare or misplaced city (`Rome`, `America/Rome`) is a commoner mistake than a misspelt name: it comes first. */
function similarZones(timezone: string): string[] {
  const zones = ["UTC", ...Intl.supportedValuesOf("timeZone")];
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z]/g, "");
  const city = plain(timezone.split("/").at(-1) ?? "");
  const sameCity = zones.filter((zone) => plain(zone.split("/").at(-1) ?? "") === city);
  return [...new Set([...sameCity, ...nearest(timezone, zones)])].slice(0, 3);
}
