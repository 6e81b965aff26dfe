/**
 * Whether a result is certainly one that the daemon takes. The daemon's schema is not loaded in a Worker; this knows the
 * fields that nearly all results have, and says no to what it does not know.
 */
export function isSureResult(value: unknown): boolean {
  return isRecord(value) && typeof value["fire"] === "boolean" && Object.entries(value).every(([key, part]) => FIELDS[key]?.(part) === true);
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string";
const isName: Check = (value) => typeof value === "string" && value !== "";
const isFlag: Check = (value) => typeof value === "boolean";

const CONTEXT: Readonly<Record<string, Check>> = { prompt: isText, extracted: isRecord, data: isRecord, include_thread: isFlag };
const FIELDS: Readonly<Record<string, Check>> = {
  fire: isFlag,
  agent: isName,
  context: (value) => isRecord(value) && Object.entries(value).every(([key, part]) => CONTEXT[key]?.(part) === true),
  enrich: isRecord,
  disable_hook: isFlag,
  disable: isFlag,
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
