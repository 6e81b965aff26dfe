import { ulid } from "ulid";
import type { z } from "zod";
import { NexusError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import { eventInputSchema } from "../core/event-input.ts";
import { nearest } from "../core/nearest.ts";
import { fromCloudEvent, isCloudEvent } from "./cloudevents.ts";

export interface NormaliseOptions {
  /** Unix ms: `received_at`, and `timestamp` where the event has none. */
  readonly now: number;
  /** Size of one event as JSON, bytes. */
  readonly maxBytes: number;
  /** Names the source of events that do not name their own; default `cli`. */
  readonly adapter?: string;
}

/** A value nested deeper than this is refused: every reader of the event would have to follow it. */
const MAX_NESTING = 64;

/**
 * Turns what a caller gave (contract section 4, or a CloudEvent 1.0) into an Event. Throws EVENT_INVALID or
 * EVENT_TOO_LARGE, naming the field; changes nothing.
 */
export function normaliseEvent(input: unknown, options: NormaliseOptions): Event {
  if (nesting(input) > MAX_NESTING) throw new NexusError("EVENT_INVALID", `the event is nested deeper than ${MAX_NESTING} levels`);
  const bytes = Buffer.byteLength(JSON.stringify(input) ?? "");
  if (bytes > options.maxBytes) {
    throw new NexusError("EVENT_TOO_LARGE", `the event has ${bytes} bytes; events.max_bytes is ${options.maxBytes}`, {
      hint: "put large content elsewhere and name it in metadata, or raise events.max_bytes in config.toml",
    });
  }
  const parsed = eventInputSchema.safeParse(isCloudEvent(input) ? fromCloudEvent(input) : input);
  if (!parsed.success) throw invalid(parsed.error, input);
  const { data } = parsed;
  const { source_adapter, source_id } = identity(data, options.adapter ?? "cli");
  const { timestamp = options.now, content, content_types = content === undefined ? [] : ["text"], channel = source_adapter } = data;
  const { type, direction, metadata } = data;
  return {
    id: `${source_adapter}:${source_id}`,
    timestamp,
    received_at: options.now,
    type,
    channel,
    content_types,
    direction,
    source_adapter,
    source_id,
    metadata,
    depth: 0,
    ...optional("content", content),
    ...optional("thread_id", data.thread_id),
    ...optional("reply_to", data.reply_to),
    ...optional("sender_id", data.sender_id),
    ...optional("cause_id", data.cause_id),
  };
}

/** One event from bytes: refuses what is not UTF-8 and what is not JSON before it is looked at. */
export function parseEventBytes(bytes: Uint8Array, options: NormaliseOptions): Event {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NexusError("EVENT_NOT_UTF8", "the event is not UTF-8", { hint: "encode it as UTF-8", cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^JSON Parse error: /, "") : String(error);
    throw new NexusError("EVENT_NOT_JSON", `the event is not JSON: ${reason}`, { hint: "one JSON object is expected", cause: error });
  }
  return normaliseEvent(value, options);
}

/** `id` is always `{source_adapter}:{source_id}`; what is given must fit together, what is missing is filled in. */
function identity(data: { id?: string | undefined; channel?: string | undefined; source_adapter?: string | undefined; source_id?: string | undefined }, fallback: string): { source_adapter: string; source_id: string } {
  if (data.id === undefined) {
    // Nothing names it, so nothing can tell a second one from a repetition: it gets an id of its own.
    return { source_adapter: data.source_adapter ?? data.channel ?? fallback, source_id: data.source_id ?? ulid() };
  }
  const colon = data.id.indexOf(":");
  if (colon < 1 || colon === data.id.length - 1) {
    throw new NexusError("EVENT_INVALID", `id: ${JSON.stringify(data.id)} is not of the form {adapter}:{source_id}`, { hint: "give source_adapter and source_id instead, or both parts in id" });
  }
  const source_adapter = data.source_adapter ?? data.id.slice(0, colon);
  const source_id = data.source_id ?? data.id.slice(source_adapter.length + 1);
  if (data.id !== `${source_adapter}:${source_id}`) {
    throw new NexusError("EVENT_INVALID", `id: ${JSON.stringify(data.id)} contradicts source_adapter ${JSON.stringify(source_adapter)} and source_id ${JSON.stringify(source_id)}`);
  }
  return { source_adapter, source_id };
}

function optional<Key extends string>(key: Key, value: string | undefined): { readonly [K in Key]?: string } {
  // A lone half of a surrogate pair cannot be stored as UTF-8: it becomes U+FFFD here, not somewhere later.
  return value === undefined ? {} : ({ [key]: value.toWellFormed() } as { readonly [K in Key]?: string });
}

function invalid(error: z.ZodError, input: unknown): NexusError {
  const issue = error.issues[0];
  if (typeof input !== "object" || input === null || Array.isArray(input) || issue === undefined) {
    return new NexusError("EVENT_INVALID", `an event is a JSON object; got ${Array.isArray(input) ? "an array" : input === null ? "null" : typeof input}`);
  }
  if (issue.code === "unrecognized_keys") {
    const key = issue.keys[0] ?? "";
    return new NexusError("EVENT_INVALID", `unknown field ${JSON.stringify(key)}`, {
      hint: "what is not a field of its own belongs into metadata",
      did_you_mean: nearest(key, Object.keys(eventInputSchema.shape)),
    });
  }
  const value: unknown = issue.path.reduce<unknown>((inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined), input);
  const shown = JSON.stringify(value)?.slice(0, 60) ?? "undefined";
  return new NexusError("EVENT_INVALID", `${issue.path.join(".")}: ${shown}: ${issue.message}`);
}

function nesting(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0 && depth <= MAX_NESTING + 1) {
    level = level.flatMap((inner) => (typeof inner === "object" && inner !== null ? Object.values(inner) : []));
    depth += 1;
  }
  return depth;
}
