/** Why something does not match: the condition that failed, what it wanted, and what there is. */
export interface Mismatch {
  readonly condition: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** `event.channels wants "email"; the event has "sms"` */
export function mismatchText({ condition, expected, actual }: Mismatch): string {
  return `${condition} wants ${shown(expected)}; the event has ${shown(actual)}`;
}

/** A list means "any of". Values are compared as JSON has them. */
export function includes(expected: unknown, actual: unknown): boolean {
  return Array.isArray(expected) ? expected.some((one) => Bun.deepEquals(one, actual)) : Bun.deepEquals(expected, actual);
}

function shown(value: unknown): string {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  const text = values.map((one) => (one === undefined ? "none" : (JSON.stringify(one) ?? String(one)))).join(" or ");
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
