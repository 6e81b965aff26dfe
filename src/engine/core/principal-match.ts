import type { Principal } from "./event.ts";
import type { Triggers } from "./hook.ts";
import { includes, type Mismatch } from "./mismatch.ts";

/** Conditions on who an event comes from; all given ones must hold. */
export type PrincipalConditions = NonNullable<Triggers["principal"]>;

/** The first condition that the principal fails; undefined when it has all of them. */
export function principalMismatch(wanted: PrincipalConditions, actual: Principal): Mismatch | undefined {
  for (const field of ["type", "name", "relationship", "entity_id", "source"] as const) {
    if (wanted[field] !== undefined && !includes(wanted[field], actual[field])) {
      return { condition: `principal.${field}`, expected: wanted[field], actual: actual[field] };
    }
  }
  return undefined;
}
