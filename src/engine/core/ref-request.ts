import { NexusError } from "./errors.ts";
import type { EventInput } from "./event-input.ts";
import { firstProblem } from "./first-problem.ts";
import { z } from "zod";

/** The processor that does what ordinary hooks ask for; no script has this name. */
export const REQUESTS_PROCESSOR = "refs";

interface AskedPassage {
  readonly content: string;
  readonly type?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly id?: string;
}

/** What a script asks for by an event on channel `ref`. */
export type RefRequest =
  | { readonly kind: "set"; readonly ref_name: string; readonly passage_id?: string; readonly passage?: AskedPassage; readonly metadata?: Readonly<Record<string, unknown>> | undefined; readonly hooks: boolean }
  | { readonly kind: "delete"; readonly ref_name: string }
  | { readonly kind: "passage"; readonly passage: AskedPassage };

const object = z.record(z.string(), z.unknown(), "expected an object");
const text = z.string("expected a text");
const name = z.string("expected the name of a ref");
const passage = { passage_type: text.optional(), passage_metadata: object.optional(), id: text.optional() };
const forms = {
  ref_set: z.strictObject({ ref_name: name, passage_id: text.optional(), ...passage, ref_metadata: object.optional(), hooks: z.boolean("expected true or false").default(true) }),
  ref_delete: z.strictObject({ ref_name: name }),
  passage_add: z.strictObject(passage),
};

/** The request that an emitted event is; undefined for every other event. Throws EVENT_INVALID for one of a wrong form. */
export function requestOf({ type, channel, content, metadata = {} }: Readonly<Pick<EventInput, "type" | "channel" | "content" | "metadata">>): RefRequest | undefined {
  if (channel !== "ref") return undefined;
  switch (type) {
    case "ref_delete":
      return { kind: "delete", ref_name: parsed(forms.ref_delete, type, metadata).ref_name };
    case "passage_add":
      if (content === undefined) throw new NexusError("EVENT_INVALID", "an event `passage_add` without `content`: that is the passage's text");
      return { kind: "passage", passage: passageOf(content, parsed(forms.passage_add, type, metadata)) };
    case "ref_set": {
      const given = parsed(forms.ref_set, type, metadata);
      if ((given.passage_id === undefined) === (content === undefined)) throw new NexusError("EVENT_INVALID", "an event `ref_set` needs either metadata.passage_id, or `content` for a new passage");
      const to = content === undefined ? { passage_id: given.passage_id ?? "" } : { passage: passageOf(content, given) };
      return { kind: "set", ref_name: given.ref_name, ...to, metadata: given.ref_metadata, hooks: given.hooks };
    }
    default:
      return undefined;
  }
}

function passageOf(content: string, { passage_type: type, passage_metadata: metadata, id }: { passage_type?: string | undefined; passage_metadata?: Record<string, unknown> | undefined; id?: string | undefined }): AskedPassage {
  return { content, ...(type === undefined ? {} : { type }), ...(metadata === undefined ? {} : { metadata }), ...(id === undefined ? {} : { id }) };
}

function parsed<Shape extends z.ZodRawShape>(form: z.ZodObject<Shape>, type: string, metadata: unknown): z.output<z.ZodObject<Shape>> {
  const result = form.safeParse(metadata);
  if (result.success) return result.data;
  const { message, ...meant } = firstProblem(result.error, "metadata", metadata, Object.keys(form.shape));
  throw new NexusError("EVENT_INVALID", `an event \`${type}\`: ${message}`, meant);
}
