/** The pause that a Retry-After header asks for, ms: seconds (a fraction too, which some services send) or an HTTP date. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(text)) return pauseOf(Number(text) * 1_000);
  // Date.parse takes much that is no HTTP date, such as "-5": a date begins with the name of a day.
  return /^[A-Za-z]{3,9},? /.test(text) ? pauseOf(Date.parse(text) - now) : undefined;
}

/** The same of seconds in JSON. */
export function secondsToMs(seconds: unknown): number | undefined {
  return typeof seconds === "number" ? pauseOf(seconds * 1_000) : undefined;
}

function pauseOf(ms: number): number | undefined {
  return Number.isFinite(ms) ? Math.max(0, Math.ceil(ms)) : undefined;
}
