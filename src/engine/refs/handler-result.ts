import { z } from "zod";
import { eventInputSchema, type EventInput } from "../core/event-input.ts";

/** What a script may return that runs for a ref's update or for a run; returning nothing is an empty one. */
const handlerResultSchema = z.object({
  fire: z.literal(false, "a script on a ref cannot fire: emit an event, or let a hook with triggers.ref see the update").optional(),
  emit: z.array(eventInputSchema, "expected a list of events").max(100, "expected at most 100 events").optional(),
  result: z.unknown().optional(),
}, "expected an object, or nothing");

export type ParsedHandlerResult = { readonly ok: true; readonly emit: readonly EventInput[]; readonly result?: unknown; readonly ignored: readonly string[] } | { readonly ok: false; readonly error: string };

/** Parses what a Worker sent. Fields that it does not know are named in `ignored`. */
export function parseHandlerResult(value: unknown): ParsedHandlerResult {
  const parsed = handlerResultSchema.safeParse(value ?? {});
  if (!parsed.success) {
    const [first] = parsed.error.issues;
    const place = first === undefined || first.path.length === 0 ? "the returned value" : `\`${first.path.join(".")}\` of the returned value`;
    return { ok: false, error: `RESULT_INVALID: ${place}: ${first?.message ?? "invalid"}` };
  }
  const { emit = [], result } = parsed.data;
  const ignored = Object.keys(value ?? {}).filter((key) => !Object.hasOwn(handlerResultSchema.shape, key));
  return { ok: true, emit, ignored, ...(result === undefined ? {} : { result }) };
}
