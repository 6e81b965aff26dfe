type Check = (value: unknown) => boolean;

/**
 * Whether a result is certainly one that the daemon takes. The daemon's schema is not loaded in a Worker; this knows the
 * fields that nearly all results have, and says no to what it does not know.
 */
export function isSureResult(value: unknown): boolean {
  return hasOnly(value, RESULT) && Object.hasOwn(value as object, "fire");
}

/** A record of no fields but these. */
function hasOnly(value: unknown, fields: Readonly<Record<string, Check>>): boolean {
  return isRecord(value) && Object.entries(value).every(([key, part]) => Object.hasOwn(fields, key) && fields[key]?.(part) === true);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isText: Check = (value) => typeof value === "string";
/** As an event may have it. */
const isContent: Check = (value) => typeof value === "string" && !value.includes("\0") && value.isWellFormed();
const isName: Check = (value) => typeof value === "string" && value !== "";
const isFlag: Check = (value) => typeof value === "boolean";
const isWord: Check = (value) => typeof value === "string" && /^[\w.@/+-]{1,128}$/.test(value);
const isId: Check = (value) => typeof value === "string" && /^[\w.@/+-]+:[\w.:@/+-]+$/.test(value);
/** Deeper ones may have what the daemon refuses. */
const isFlat: Check = (value) => isRecord(value) && Object.entries(value).every(([key, part]) => key !== "__proto__" && (typeof part === "string" ? isContent(part) : typeof part !== "object" || part === null));

const EVENT = { id: isId, type: isWord, channel: isWord, content: isContent, thread_id: isWord, sender_id: isWord, metadata: isFlat };
/** In its usual form, and so small that no setting refuses it. */
const isEvent: Check = (value) => hasOnly(value, EVENT) && JSON.stringify(value).length < 256;

const CONTEXT = { prompt: isText, extracted: isRecord, data: isRecord, include_thread: isFlag };
const RESULT = {
  fire: isFlag,
  agent: isName,
  context: (value: unknown) => hasOnly(value, CONTEXT),
  enrich: isRecord,
  emit: (value: unknown) => Array.isArray(value) && value.length <= 8 && value.every(isEvent),
  disable_hook: isFlag,
  disable: isFlag,
};
