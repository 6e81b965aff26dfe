import { z } from "zod";

/** A name in the configuration of an action. */
export function nameSchema(most: number): z.ZodString {
  const expected = `expected a text of 1 to ${most} characters`;
  return z.string(expected).min(1, expected).max(most, expected);
}
