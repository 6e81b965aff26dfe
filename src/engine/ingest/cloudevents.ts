import { z } from "zod";
import { invalidEvent } from "./invalid-event.ts";
import { NexusError } from "../core/errors.ts";

const MAX_SOURCE_ID = 512;
const MAX_THREAD_ID = 512;

const attribute = z.string().min(1);
const cloudEventSchema = z.looseObject({
  specversion: z.literal("1.0"),
  id: attribute.refine((id) => id.isWellFormed(), "must be well-formed Unicode"),
  source: attribute,
  type: attribute,
  time: z.iso.datetime({ offset: true, error: "expected RFC 3339 such as 2026-01-28T01:30:00Z" }).optional(),
  subject: attribute.optional(),
  datacontenttype: attribute.optional(),
  dataschema: attribute.optional(),
  data: z.unknown().optional(),
  data_base64: z.base64("expected base64").optional(),
});

export function isCloudEvent(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && Object.hasOwn(input, "specversion");
}

/**
 * CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec, "JSON Event Format") as an event input:
 *
 *   id + source → source_id `{source}/{id}` of the adapter     type → type     time → timestamp
 *   subject → thread_id, and metadata.subject                  data: a text → content, all else → metadata.data
 *   source, data_base64, datacontenttype, dataschema → metadata, under their names
 *   extension attributes → metadata.extensions
 *
 * Throws EVENT_INVALID for another version, a missing attribute or a name that CloudEvents does not allow.
 */
export function fromCloudEvent(input: Readonly<Record<string, unknown>>, adapter: string): Record<string, unknown> {
  // An attribute that is null counts as not there (JSON format, 2.2); data may be null.
  const given = Object.fromEntries(Object.entries(input).filter(([name, value]) => value !== null || name === "data"));
  const parsed = cloudEventSchema.safeParse(given);
  if (!parsed.success) throw invalidEvent(parsed.error, given, Object.keys(cloudEventSchema.shape));
  const { id, source, type, time, subject, data, data_base64, specversion: _version, datacontenttype, dataschema, ...extensions } = parsed.data;
  const misnamed = Object.keys(extensions).find((name) => !/^[a-z0-9]+$/.test(name));
  if (misnamed !== undefined) {
    throw new NexusError("EVENT_INVALID", `\`${misnamed}\` is no attribute of CloudEvents 1.0; their names have only lower-case letters and digits`);
  }
  if (data !== undefined && data_base64 !== undefined) {
    throw new NexusError("EVENT_INVALID", "the CloudEvent has both `data` and `data_base64`; expected at most one of them");
  }
  const metadata = { source, subject, data: typeof data === "string" ? undefined : data, data_base64, datacontenttype, dataschema, extensions: Object.keys(extensions).length === 0 ? undefined : extensions };
  return {
    source_adapter: adapter,
    source_id: sourceId(source, id),
    type,
    channel: adapter,
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    ...(time === undefined ? {} : { timestamp: time }),
    ...(subject === undefined || subject.length > MAX_THREAD_ID ? {} : { thread_id: subject }),
    ...(typeof data === "string" ? { content: data } : {}),
  };
}

/** Source and id are unique as a pair (CloudEvents 3.1.1). No slash is left in the id, so no two pairs look the same. */
function sourceId(source: string, id: string): string {
  const pair = `${source}/${encodeURIComponent(id)}`;
  return pair.length <= MAX_SOURCE_ID ? pair : `sha256:${new Bun.CryptoHasher("sha256").update(pair).digest("hex")}`;
}
