/**
 * HTTP headers inside an event's metadata are the usual way for a credential into the database. A header's value is
 * stored when its name is known to carry none, or says what it carries by its last word; the value of any other is
 * replaced, and its name stays to say that it was there.
 */
const KEPT = new Set([
  "accept", "accept-encoding", "accept-language", "cache-control", "content-encoding", "content-language", "content-length", "content-type", "date",
  "host", "origin", "referer", "traceparent", "user-agent", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip",
]);
const KEPT_ENDING = /(^|-)(event|events|delivery|id|type|topic|action|version|timestamp|time|retry|attempt|count|kind|source|subject|name|domain|region|environment|specversion)$/;
/** Wins over an ending: `x-session-id` names a session that whoever knows it is in. */
const NEVER = /auth|cookie|token|secret|key|signature|hmac|password|credential|session|csrf|xsrf|jwt|bearer|assertion/;

export const NOT_STORED = "[not stored]";

function isKept(name: string): boolean {
  const lower = name.toLowerCase();
  return !NEVER.test(lower) && (KEPT.has(lower) || KEPT_ENDING.test(lower));
}

/** The metadata with its `headers`, and those of its `request`, fit to be stored; the same object when it has none. */
export function withSafeHeaders(metadata: Record<string, unknown>): Record<string, unknown> {
  const { headers, request } = metadata;
  const inner = isObject(request) && request["headers"] !== undefined ? { request: { ...request, headers: safe(request["headers"]) } } : {};
  if (headers === undefined) return "request" in inner ? { ...metadata, ...inner } : metadata;
  return { ...metadata, headers: safe(headers), ...inner };
}

/** An object, a list of pairs, a list of `{name, value}`, or a raw list of names and values in turn. Anything else could hide one. */
function safe(headers: unknown): unknown {
  if (!Array.isArray(headers)) return isObject(headers) ? Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, isKept(name) ? value : NOT_STORED])) : NOT_STORED;
  if (headers.every((item) => typeof item === "string")) return headers.map((item, n) => (n % 2 === 0 || isKept(headers[n - 1] ?? "") ? item : NOT_STORED));
  return headers.map((item: unknown) => {
    if (Array.isArray(item)) {
      const [name, ...values] = item as unknown[];
      return typeof name === "string" && isKept(name) ? [name, ...values] : [name, NOT_STORED];
    }
    if (!isObject(item)) return NOT_STORED;
    const name = item["name"] ?? item["key"];
    return typeof name === "string" && isKept(name) ? item : { name, value: NOT_STORED };
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
