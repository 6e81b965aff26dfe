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

/** An event of `emit` in its usual form, so small that no setting refuses it. */
const isSureEvent: Check = (value) => isRecord(value) && JSON.stringify(value).length < 512 && Object.entries(value).every(([key, part]) => EVENT[key]?.(part) === true);
const isWord: Check = (value) => isName(value) && !String(value).includes("\0") && String(value).length <= 128;

const EVENT: Readonly<Record<string, Check>> = { id: isWord, type: isWord, channel: isWord, content: isText, thread_id: isWord, sender_id: isWord, reply_to: isWord, metadata: isRecord };
const CONTEXT: Readonly<Record<string, Check>> = { prompt: isText, extracted: isRecord, data: isRecord, include_thread: isFlag };
const FIELDS: Readonly<Record<string, Check>> = {
  fire: isFlag,
  agent: isName,
  context: (value) => isRecord(value) && Object.entries(value).every(([key, part]) => CONTEXT[key]?.(part) === true),
  enrich: isRecord,
  emit: (value) => Array.isArray(value) && value.length <= 8 && value.every(isSureEvent),
  disable_hook: isFlag,
  disable: isFlag,
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
