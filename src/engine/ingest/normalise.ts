import { ulid } from "ulid";
import { NexusError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import type { ParsedEventInput } from "../core/event-input.ts";
import { eventInputSchema } from "../core/event-input.ts";
import { fromCloudEvent, isCloudEvent } from "./cloudevents.ts";
import { withSafeHeaders } from "./headers.ts";
import { invalidEvent, shown } from "./invalid-event.ts";
import { jsonErrorPosition } from "./json-position.ts";

export interface NormaliseOptions {
  /** Unix ms: `received_at`, and `timestamp` where the event has none. */
  readonly now: number;
  /** Size of one event as JSON, bytes. */
  readonly maxBytes: number;
  /** Names the source of events that do not name their own; default `cli`, for CloudEvents `cloudevents`. */
  readonly adapter?: string;
}

/** A value nested deeper than this is refused: every reader of the event would have to follow it. */
const MAX_NESTING = 64;
/** The largest time a Date can hold, ms. */
const MAX_TIME = 8_640_000_000_000_000;
const FIELDS = Object.keys(eventInputSchema.shape);

/**
 * Turns what a caller gave (contract section 4, or a CloudEvent 1.0) into an Event. Throws EVENT_INVALID or
 * EVENT_TOO_LARGE, naming the field; changes nothing.
 *
 * Unicode: half a surrogate pair in an id is refused, since two such ids would be stored as one; in other texts it
 * becomes U+FFFD, as it would in any UTF-8. NUL is refused, except in metadata, whose JSON keeps both as escapes.
 * JSON is read as JavaScript does: the last of two equal keys wins, whole numbers beyond 2^53 lose digits.
 */
export function normaliseEvent(input: unknown, options: NormaliseOptions): Event {
  checkSize(input, options.maxBytes);
  const given = isCloudEvent(input) ? fromCloudEvent(input, options.adapter ?? "cloudevents") : input;
  const parsed = eventInputSchema.safeParse(given);
  if (!parsed.success) throw invalidEvent(parsed.error, given, FIELDS);
  const { data } = parsed;
  const { source_adapter, source_id } = identity(data, options);
  const { timestamp = options.now, content, content_types = content === undefined ? [] : ["text"], channel = source_adapter } = data;
  if (!(Math.abs(timestamp) <= MAX_TIME)) throw new NexusError("EVENT_INVALID", `\`timestamp\` is ${timestamp}; expected Unix milliseconds of at most ${MAX_TIME}`);
  if (content?.includes("\u0000") === true) throw new NexusError("EVENT_INVALID", "`content` has a NUL character; expected text", { hint: "put binary content elsewhere and name it in metadata" });
  return {
    id: `${source_adapter}:${source_id}`,
    timestamp,
    received_at: options.now,
    type: data.type.toWellFormed(),
    channel: channel.toWellFormed(),
    content_types: content_types.map((type) => type.toWellFormed()),
    direction: data.direction,
    source_adapter,
    source_id,
    metadata: withSafeHeaders(data.metadata),
    depth: 0,
    ...optional("content", content),
    ...optional("thread_id", data.thread_id),
    ...optional("reply_to", data.reply_to),
    ...optional("sender_id", data.sender_id),
    ...optional("cause_id", data.cause_id),
  };
}

/** One event from bytes: refuses what is too large, what is not UTF-8 and what is not JSON before it is looked at. */
export function parseEventBytes(bytes: Uint8Array, options: NormaliseOptions): Event {
  if (bytes.length > options.maxBytes) throw tooLarge(bytes.length, options.maxBytes);
  return normaliseEvent(parseEventJson(bytes), options);
}

/** What the bytes say, not yet an event. Throws EVENT_NOT_UTF8 or EVENT_NOT_JSON, with the place. */
export function parseEventJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NexusError("EVENT_NOT_UTF8", "the event is not UTF-8", { hint: "encode it as UTF-8", cause: error });
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = jsonErrorPosition(text);
    const place = at === undefined ? "" : `: unexpected ${at.found} at ${at.line === 1 ? "" : `line ${at.line}, `}column ${at.column}`;
    throw new NexusError("EVENT_NOT_JSON", `the event is not JSON${place}`, { hint: "one JSON object is expected", cause: error });
  }
}

/** Its size as JSON. */
export function eventBytes(event: Event): number {
  return Buffer.byteLength(JSON.stringify(event));
}

function checkSize(input: unknown, maxBytes: number): void {
  inspect(input);
  let bytes: number;
  try {
    bytes = Buffer.byteLength(JSON.stringify(input) ?? "");
  } catch (error) {
    throw new NexusError("EVENT_INVALID", `the event is not JSON data: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes);
}

/** The error for a size in bytes, as JSON. */
export function tooLarge(bytes: number, maxBytes: number): NexusError {
  return new NexusError("EVENT_TOO_LARGE", `the event has ${bytes} bytes; events.max_bytes is ${maxBytes}`, {
    hint: "put large content elsewhere and name it in metadata, or raise events.max_bytes in config.toml",
  });
}

/** `id` is always `{source_adapter}:{source_id}`; what is given must fit together, what is missing is filled in. */
function identity(data: ParsedEventInput, { adapter = "cli", now }: NormaliseOptions): { source_adapter: string; source_id: string } {
  for (const field of ["id", "source_adapter", "source_id"] as const) {
    if (data[field]?.isWellFormed() === false) throw new NexusError("EVENT_INVALID", `\`${field}\` is ${shown(data[field])}; expected well-formed Unicode`);
  }
  if (data.id === undefined) {
    // Nothing names it, so nothing can tell a second one from a repetition: it gets an id of its own.
    return { source_adapter: adapterName(data.source_adapter ?? data.channel?.toWellFormed() ?? adapter), source_id: data.source_id ?? ulid(now) };
  }
  const colon = data.id.indexOf(":");
  if (colon < 1 || colon === data.id.length - 1) {
    throw new NexusError("EVENT_INVALID", `\`id\` is ${shown(data.id)}; expected the form {adapter}:{source_id}`, { hint: "give source_adapter and source_id instead, or both parts in id" });
  }
  const source_adapter = adapterName(data.source_adapter ?? data.id.slice(0, colon));
  const source_id = data.source_id ?? data.id.slice(source_adapter.length + 1);
  if (data.id !== `${source_adapter}:${source_id}`) {
    throw new NexusError("EVENT_INVALID", `\`id\` is ${shown(data.id)}, which contradicts source_adapter ${shown(source_adapter)} and source_id ${shown(source_id)}; expected {source_adapter}:{source_id}`);
  }
  return { source_adapter, source_id };
}

/** The first colon of an id ends the adapter's name. */
function adapterName(name: string): string {
  if (!name.includes(":")) return name;
  throw new NexusError("EVENT_INVALID", `\`source_adapter\` is ${shown(name)}; expected a name without a colon`, { hint: "without one, the channel is taken: give source_adapter" });
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  return value === undefined ? {} : ({ [key]: value.toWellFormed() } as { readonly [K in Key]?: string });
}

/** Level by level, so that no nesting exhausts the stack. Also refuses a key that assigning would not store. */
function inspect(input: unknown): void {
  let level: unknown[] = [input];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth >= MAX_NESTING) throw new NexusError("EVENT_INVALID", `the event is nested deeper than ${MAX_NESTING} levels`);
    const inner: unknown[] = [];
    for (const value of level) {
      if (typeof value !== "object" || value === null) continue;
      if (Object.hasOwn(value, "__proto__")) throw new NexusError("EVENT_INVALID", "the event has a key `__proto__`, which is not allowed at any level");
      for (const part of Object.values(value)) if (typeof part === "object" && part !== null) inner.push(part);
    }
    level = inner;
  }
}
