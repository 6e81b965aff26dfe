/** Milliseconds of a `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date. Undefined where it is neither. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  if (/^\d+$/.test(header)) return Number(header) * 1_000;
  // Date.parse takes much for a date, "-1" too; of those that are allowed here all begin with the day of the week.
  const date = /^[A-Z][a-z]+,? /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
