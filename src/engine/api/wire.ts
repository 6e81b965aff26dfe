import { z } from "zod";
import type { ErrorBody } from "../core/errors.ts";
import type { HookMetadata } from "../core/hook.ts";
import { hookMetadataSchema } from "../core/hook-metadata.ts";
import type { DryRun } from "../dry-run.ts";

/** What goes over the socket: server and client read and write by these. Requests are strict; of answers a client reads what it knows. */

/** A script with its imports, and its event, as JSON: a bundle has at most 16 MiB. */
export const DRY_RUN_BODY_BYTES = 33_554_432;
/** Beside the hook's own timeout: waiting for a place, starting an evaluator, loading the script (240 s by the longest setting). */
export const DRY_RUN_OVERHEAD_MS = 270_000;

/** `GET /v1/daemon` */
export const daemonViewSchema = z.object({
  pid: z.int(),
  version: z.string(),
  /** ISO 8601. */
  started_at: z.string(),
  home: z.string(),
  socket: z.string(),
  durability: z.enum(["full", "normal"]),
  /** What holds hooks: `landlock`, `bubblewrap`, or `none`. */
  isolation: z.string(),
  ready: z.boolean(),
});
export type DaemonView = z.output<typeof daemonViewSchema>;

/** `POST /v1/dry-runs`. Exactly one of `event_id` and `event`. */
export const dryRunRequestSchema = z
  .strictObject({
    script: z.strictObject({
      /** Where it is a registered hook's. */
      hook_id: z.string().min(1).max(64).exactOptional(),
      slug: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "expected lower case letters, digits and dashes, at most 64"),
      /** One self-contained ES module. */
      bundle: z.string().min(1),
      source_path: z.string().max(4_096).default(""),
      metadata: hookMetadataSchema.default({}),
    }),
    /** A stored event. */
    event_id: z.string().min(1).max(4_096).exactOptional(),
    /** One as `nexus events emit` takes it. */
    event: z.unknown().exactOptional(),
    /** With the state of the registered hook of that slug. */
    keep_state: z.boolean().default(false),
  })
  .refine((given) => (given.event_id === undefined) !== (given.event === undefined), "expected either event_id or event");
type DryRunInput = z.input<typeof dryRunRequestSchema>;
/** As nexus itself sends it: with the metadata that the script's preparation came to. */
export interface DryRunRequest extends Omit<DryRunInput, "script"> {
  readonly script: Omit<DryRunInput["script"], "metadata"> & { readonly metadata: HookMetadata };
}

/** The daemon that made it is the one that knows its parts: what is inside is taken as it comes. */
export const dryRunAnswerSchema = z.custom<DryRun>((given) => z.looseObject({ hook: z.string(), event_id: z.string(), channel: z.string() }).safeParse(given).success, "expected a dry run");

/** Between two signs of life of a stream: longer than a line is silent for, shorter than what firewalls forget (often a minute). */
export const HEARTBEAT_MS = 15_000;
/** `?last=` at most. */
export const MOST_LAST = 1_000;

const noticeViewSchema = z.object({
  seq: z.int(),
  id: z.string(),
  /** ISO 8601. */
  at: z.string(),
  /** One of NOTICE_KINDS, or one that a newer daemon has. */
  kind: z.string(),
  hook_id: z.string().exactOptional(),
  event_id: z.string().exactOptional(),
  data: z.record(z.string(), z.unknown()),
});
export type NoticeView = z.output<typeof noticeViewSchema>;

/** What comes over `GET /v1/notices`, by the name of the server-sent event. */
export const NOTICE_EVENTS = {
  /** First of all: which daemon it is, and after which seq it begins. */
  hello: daemonViewSchema.extend({ after: z.int() }),
  notice: noticeViewSchema,
  /** Notices after `after` and before `first` are no longer kept. */
  gap: z.object({ after: z.int(), first: z.int() }),
  /** The daemon stops. */
  bye: z.object({}),
} as const;
export type NoticeEvent = { readonly [Name in keyof typeof NOTICE_EVENTS]: { readonly event: Name; readonly data: z.output<(typeof NOTICE_EVENTS)[Name]> } }[keyof typeof NOTICE_EVENTS];

/** Any answer that is none of success. */
export const errorAnswerSchema = z.object({ error: z.looseObject({ code: z.string(), message: z.string(), retryable: z.boolean() }) });
export interface ErrorAnswer {
  readonly error: ErrorBody;
}
