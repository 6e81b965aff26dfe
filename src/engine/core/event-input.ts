import { z } from "zod";

const text = (max: number) => z.string().max(max).refine((value) => !value.includes("\u0000"), "must not contain NUL characters");
const time = z.union([z.int().nonnegative(), z.iso.datetime({ offset: true }).transform((iso) => Date.parse(iso))]);

/**
 * An event as a caller gives it: `nexus events emit`, an NDJSON line, `HookResult.emit`. Times are Unix ms or ISO 8601.
 * Unknown fields are errors. What is missing is filled in by `ingest/normalise.ts`.
 */
export const eventInputSchema = z.strictObject({
  id: text(512).min(1).optional(),
  timestamp: time.optional(),
  type: text(128).min(1).default("message"),
  channel: text(128).min(1).optional(),
  content: z.string().optional(),
  content_types: z.array(text(128)).max(32).optional(),
  direction: z.enum(["received", "sent"]).default("received"),
  thread_id: text(512).min(1).optional(),
  reply_to: text(512).min(1).optional(),
  sender_id: text(512).min(1).optional(),
  source_adapter: text(128).min(1).optional(),
  source_id: text(512).min(1).optional(),
  metadata: z.record(z.string(), z.unknown()).default({}),
  cause_id: text(512).min(1).optional(),
});

export type EventInput = z.input<typeof eventInputSchema>;
export type ParsedEventInput = z.output<typeof eventInputSchema>;
