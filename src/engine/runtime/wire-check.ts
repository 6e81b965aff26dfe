import type { WireExtra, WireResult } from "./protocol.ts";

const LEVELS: ReadonlySet<unknown> = new Set(["debug", "info", "warn", "error"]);

/**
 * Results were put together in the same realm as a hook's code, which may have changed anything there (a patched
 * `Array.prototype.join` is enough): nothing is believed before it was looked at.
 */
export function isWireResult(value: unknown): value is WireResult {
  if (!Array.isArray(value)) return false;
  // By index: taken apart as an iterable it takes twice as long (60 ns, measured), for each invocation.
  const wire = value as readonly unknown[];
  const kind = wire[1];
  return isCount(wire[0]) && (kind === 0 || kind === 1 || kind === 2 || kind === 3) && isCount(wire[2]) && isCount(wire[3]) && (wire.length === 4 || isExtra(wire[4]));
}

function isExtra(value: unknown): value is WireExtra {
  if (typeof value !== "object" || value === null) return false;
  const { error, logs, dropped, state, llm, search } = value as Readonly<Record<keyof WireExtra, unknown>>;
  return (
    (error === undefined || isError(error)) &&
    (logs === undefined || (Array.isArray(logs) && logs.every(isLogLine))) &&
    (dropped === undefined || isCount(dropped)) &&
    (state === undefined || (Array.isArray(state) && state.every(isStateWrite))) &&
    (llm === undefined || (Array.isArray(llm) && llm.length === 3 && llm.every(isCount))) &&
    (search === undefined || isCount(search))
  );
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER && Math.floor(value) === value;
}

function isError(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { message, stack } = value as { readonly message?: unknown; readonly stack?: unknown };
  return typeof message === "string" && (stack === undefined || typeof stack === "string");
}

function isLogLine(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { at, level, text } = value as { readonly at?: unknown; readonly level?: unknown; readonly text?: unknown };
  return typeof at === "number" && LEVELS.has(level) && typeof text === "string";
}

function isStateWrite(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 1 || value.length === 2) && typeof value[0] === "string";
}
