import { monotonicFactory } from "ulid";

/** Prefixes of the ids nexus makes. Event ids are not among them: they are `{adapter}:{source_id}`. */
type IdPrefix = "hook" | "ver" | "inv" | "dsp" | "ntc";

/** Makes prefixed ULIDs that sort in the order they were made, within one factory. */
export interface IdFactory {
  make(prefix: IdPrefix, at: number): string;
}

export function createIds(): IdFactory {
  const next = monotonicFactory();
  return { make: (prefix, at) => `${prefix}_${next(at)}` };
}
