import { z } from "zod";

/** The exports a hook can stand in. */
export const HOOK_EXPORTS = ["default", "hook", "automation"] as const;
export type HookExport = (typeof HOOK_EXPORTS)[number];

const valueFacts = z.object({
  /** `function`, `class`, `generator`, `object`, `array`, `promise`, `null`, or what `typeof` says. */
  kind: z.string(),
  /** Declared parameters of a function. */
  params: z.number(),
});
export type ValueFacts = z.infer<typeof valueFacts>;

const exportFacts = valueFacts.extend({
  name: z.enum(HOOK_EXPORTS),
  /** An earlier export that is the very same value. */
  same_as: z.enum(HOOK_EXPORTS).exactOptional(),
  handler: valueFacts.exactOptional(),
  /** The object's own fields without `handler`, as data; dates as ISO 8601. */
  fields: z.record(z.string(), z.unknown()).exactOptional(),
  /** Fields that are no data, such as `triggers.match (function)`; they are missing in `fields`. */
  not_data: z.array(z.string()),
});
export type ExportFacts = z.infer<typeof exportFacts>;

/** `threw`: its top-level code. `timeout`: not loaded in time. `exited`: it ended its Worker or process. */
const LOAD_FAILURES = ["threw", "timeout", "exited"] as const;

/** What loading a bundle once told about its exports. It comes from a process in which the script ran: it is checked. */
export const inspectionSchema = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), names: z.array(z.string()), exports: z.array(exportFacts) }),
  z.object({ ok: z.literal(false), reason: z.enum(LOAD_FAILURES), message: z.string(), stack: z.string().exactOptional() }),
]);
export type Inspection = z.infer<typeof inspectionSchema>;
