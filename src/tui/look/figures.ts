/** Ages in steps that change seldom: a screen that nobody touches sends nothing. */
export function age(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "<1m";
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`;
}

/** Until then, or since then. */
export function ageAt(at: number | undefined, now: number): string {
  return at === undefined ? "-" : at > now + 999 ? `in ${age(at - now)}` : age(now - at);
}

/** `950`, `12.3k`, `4.1M`: three figures, so that a column stays narrow and still. */
export function short(value: number): string {
  if (value < 1_000) return String(Math.round(value));
  const units = ["k", "M", "G", "T"];
  let amount = value / 1_000;
  let unit = 0;
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  return `${amount < 100 ? Number(amount.toFixed(1)) : Math.round(amount)}${units[unit] ?? ""}`;
}

/** `1 fire`, `12.3k fires`. */
export function count(value: number, noun: string): string {
  return `${short(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** A latency as a column shows it: two figures. */
export function took(ms: number | undefined): string {
  if (ms === undefined) return "-";
  if (ms < 1) return `${Math.max(1, Math.round(ms * 1_000))}µs`;
  if (ms < 9.95) return `${ms.toFixed(1)}ms`;
  return ms < 9_950 ? `${Math.round(ms)}ms` : `${Math.round(ms / 1_000)}s`;
}

/** Clock time of a moment, in the terminal's zone. */
export function clock(at: number, seconds = true): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}${seconds ? `:${two(date.getSeconds())}` : ""}`;
}

/** Day and clock time. */
export function moment(at: number): string {
  const date = new Date(at);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(at)}`;
}

/** A share, `3.2%`. */
export function percent(part: number, whole: number): string {
  if (whole === 0) return "-";
  const share = (part / whole) * 100;
  return `${share > 0 && share < 0.1 ? "<0.1" : Number(share.toFixed(share < 10 ? 1 : 0))}%`;
}
