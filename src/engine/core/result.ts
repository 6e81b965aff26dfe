import { z } from "zod";
import { eventInputSchema } from "./event-input.ts";

/**
 * What a hook returns, checked in the daemon from JSON text. Returning nothing is `{fire: false}`.
 * A value of the wrong type is an error of the hook; an unknown field is a warning of the invocation.
 */
export const hookResultSchema = z.object({
  fire: z.boolean(),
  agent: z.string().min(1).optional(),
  routing: z
    .object({
      mode: z.enum(["persona", "session", "thread"]).optional(),
      target: z.string().min(1).optional(),
      agent_id: z.string().min(1).optional(),
      queue_mode: z.enum(["steer", "followup", "collect", "interrupt", "queue", "steer-backlog"]).optional(),
    })
    .optional(),
  context: z
    .object({
      prompt: z.string().optional(),
      extracted: z.record(z.string(), z.unknown()).optional(),
      data: z.record(z.string(), z.unknown()).optional(),
      include_thread: z.boolean().optional(),
    })
    .optional(),
  enrich: z.record(z.string(), z.unknown()).optional(),
  emit: z.array(eventInputSchema).max(100).optional(),
  disable_hook: z.boolean().optional(),
  disable: z.boolean().optional(),
  patch: z.record(z.string(), z.unknown()).optional(),
  skip: z.boolean().optional(),
});

export type HookResult = z.infer<typeof hookResultSchema>;

export type ParsedResult = { readonly ok: true; readonly result: HookResult; readonly warnings: readonly string[] } | { readonly ok: false; readonly error: string };

/** Parses what a Worker sent. `__proto__` keys cannot survive: the value comes from JSON and is rebuilt by the schema. */
export function parseHookResult(value: unknown): ParsedResult {
  const parsed = hookResultSchema.safeParse(value);
  if (!parsed.success) {
    const first = parsed.error.issues[0];
    const place = first === undefined || first.path.length === 0 ? "the result" : `\`${first.path.join(".")}\``;
    return { ok: false, error: `${place} of the returned HookResult: ${first?.message ?? "invalid"}` };
  }
  return { ok: true, result: parsed.data, warnings: unknownFields(value) };
}

/** A warning for each field that no HookResult has. */
export function unknownFields(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const known = hookResultSchema.shape;
  const warnings: string[] = [];
  for (const key of Object.keys(value)) {
    if (!Object.hasOwn(known, key)) warnings.push(`unknown field \`${key}\` in the HookResult was ignored`);
  }
  for (const [part, shape] of [["routing", known.routing.unwrap().shape], ["context", known.context.unwrap().shape]] as const) {
    const inner: unknown = Reflect.get(value, part);
    if (typeof inner !== "object" || inner === null) continue;
    for (const key of Object.keys(inner)) {
      if (!Object.hasOwn(shape, key)) warnings.push(`unknown field \`${part}.${key}\` in the HookResult was ignored`);
    }
  }
  return warnings;
}
