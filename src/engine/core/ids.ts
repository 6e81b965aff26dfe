import { encodeTime, ulid } from "ulid";

/** Prefixes of the ids nexus makes. Event ids are not among them: they are `{adapter}:{source_id}`. */
export type IdPrefix = "hook" | "ver" | "inv" | "dsp" | "ntc" | "trn" | "dlv" | "prs" | "psg" | "upd" | "rhk" | "rhx" | "brn" | "run" | "obx" | "rpl";

/** Makes prefixed ULIDs that sort in the order they were made, within one factory. */
export interface IdFactory {
  make(prefix: IdPrefix, at: number): string;
}

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/** Two characters of Crockford's base 32, by number: a counter of four characters is two look-ups. */
const PAIRS = Array.from({ length: 1_024 }, (_, n) => `${ALPHABET[n >> 5] ?? ""}${ALPHABET[n & 31] ?? ""}`);
const COUNTER_END = 1_024 * 1_024;

/**
 * A ULID is 10 characters of time and 16 of chance. Here the last four count up within a millisecond, and a new time (or
 * a full counter) draws the twelve before them anew; a clock that goes back does not. ulid's own monotonicFactory
 * encodes the time again for every id, which was a twentieth of the engine's time under load.
 */
export function createIds(): IdFactory {
  let time = -1;
  let stem = "";
  let counter = 0;
  return {
    make: (prefix, at) => {
      if (at > time || counter === COUNTER_END) {
        time = Math.max(at, counter === COUNTER_END ? time + 1 : time);
        stem = ulid(time).slice(0, 22);
        counter = 0;
      }
      const n = counter++;
      return `${prefix}_${stem}${PAIRS[n >> 10] ?? ""}${PAIRS[n & 1_023] ?? ""}`;
    },
  };
}

/** Ids of that kind that sort before it were made before that time. */
export function firstIdAt(prefix: IdPrefix, at: number): string {
  return `${prefix}_${encodeTime(Math.max(0, at), 10)}`;
}
