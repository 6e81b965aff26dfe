import { z } from "zod";
import { parseDuration } from "./duration.ts";
import type { ErrorCode } from "./errors.ts";
import { PRINCIPAL_TYPES } from "./event.ts";
import type { HookMetadata, Limits, Schedule, Triggers } from "./hook.ts";
import { HOOK_MODES, HOOK_STAGES } from "./hook.ts";
import { permissionsSchema } from "./hook-permissions.ts";
import { decides } from "./request.ts";

/**
 * What a script may say about its hook: the one source of the rules. Every `error` text completes the sentence
 * "`field` is VALUE; expected ...".
 */

const CONFIG_BYTES = 65_536;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
const DAY_MS = 86_400_000;

function line(max: number): z.ZodString {
  const error = `expected a text of 1 to ${max} characters without line breaks`;
  return z.string(error).trim().min(1, error).max(max, error).refine((value) => !CONTROL.test(value), error);
}

function whole(min: number, max: number, meaning: string): z.ZodInt {
  const error = `expected a whole number from ${min} to ${max} (${meaning})`;
  return z.int(error).min(min, error).max(max, error);
}

function oneOf<const Values extends readonly string[]>(values: Values): z.ZodEnum<{ [Value in Values[number]]: Value }> {
  return z.enum(values, `expected one of ${values.join(", ")}`);
}

/** A value or a list of values, "any of"; always a list afterwards. */
function oneOrMany<Item extends z.ZodType>(item: Item) {
  const list = z.array(item, "expected a value or a list of values").min(1, "expected at least one value").max(1_000, "expected at most 1000 values");
  return z.union([item, list]).transform((value): z.output<Item>[] => (Array.isArray(value) ? value : [value]));
}

const name = line(512);

const principalTrigger = z.strictObject(
  {
    type: oneOrMany(oneOf(PRINCIPAL_TYPES)).exactOptional(),
    name: oneOrMany(name).exactOptional(),
    relationship: oneOrMany(name).exactOptional(),
    entity_id: oneOrMany(name).exactOptional(),
    source: oneOrMany(name).exactOptional(),
  },
  'expected an object such as { type: "owner" }',
);

const directions = oneOrMany(oneOf(["received", "sent"]));

const eventTrigger = z.strictObject(
  {
    channels: oneOrMany(name).exactOptional(),
    types: oneOrMany(name).exactOptional(),
    directions: directions.exactOptional(),
    direction: directions.exactOptional().describe("the same as directions"),
    adapters: oneOrMany(name).exactOptional(),
    thread_id: oneOrMany(name).exactOptional(),
    sender_id: oneOrMany(name).exactOptional(),
    metadata: z.record(z.string(), z.unknown(), 'expected an object such as { "repository.name": ["nexus"] }').exactOptional(),
  },
  'expected an object such as { channels: ["email"] }',
);

const refTrigger = z.strictObject({ names: oneOrMany(name) }, 'expected an object such as { names: ["main/*"] }');

/** Only the shape; whether it is possible is asked of the cron library. An empty text stays in: it is impossible too. */
const scheduleText = (form: string) => z.string(`expected ${form}`).max(256, `expected ${form}`);
const schedule = z.strictObject(
  {
    cron: scheduleText('a cron expression such as "0 9 * * 1-5"').exactOptional(),
    every: scheduleText('a duration such as "15m"').exactOptional(),
    at: scheduleText('an ISO 8601 time such as "2027-03-01T09:00:00Z"').exactOptional(),
    timezone: scheduleText('an IANA time zone such as "Europe/Berlin"').exactOptional(),
    catch_up: oneOf(["skip", "last", "all"]).exactOptional(),
    jitter: scheduleText('a duration such as "30s"').exactOptional(),
  },
  'expected an object such as { cron: "0 9 * * 1-5" }',
);

const triggers = z.strictObject(
  { principal: principalTrigger.exactOptional(), event: eventTrigger.exactOptional(), ref: refTrigger.exactOptional(), schedule: schedule.exactOptional() },
  'expected an object such as { event: { channels: ["email"] } }',
);

const THROTTLE = 'expected "10/1m" or { count: 10, per: "1m" }: at most 1000000 in 1s to 1d';
const throttle = z
  .union(
    [
      z.string(THROTTLE),
      z.strictObject({ count: z.number(THROTTLE), per: z.string(THROTTLE) }, THROTTLE),
      z.strictObject({ count: z.number(THROTTLE), per_ms: z.number(THROTTLE) }, THROTTLE),
    ],
    THROTTLE,
  )
  .transform((value, context): { count: number; per_ms: number } => {
    const [written = "", per = ""] = typeof value === "string" ? value.split("/") : [String(value.count), "per" in value ? value.per : `${value.per_ms}ms`];
    const count = /^\s*\d{1,7}\s*$/.test(written) ? Number(written) : 0;
    // `10/m` is `10/1m`.
    const per_ms = durationOr0(/^\s*[a-z]+\s*$/.test(per) ? `1${per.trim()}` : per);
    if (count >= 1 && count <= 1_000_000 && per_ms >= 1_000 && per_ms <= DAY_MS) return { count, per_ms };
    context.addIssue({ code: "custom", message: THROTTLE, input: value });
    return z.NEVER;
  });

const limits = z.strictObject(
  {
    timeout_ms: whole(1, 3_600_000, "ms of one invocation").exactOptional(),
    concurrency: whole(1, 64, "invocations at the same time").exactOptional(),
    memory_mb: whole(8, 4_096, "MiB").exactOptional(),
    llm_calls: whole(0, 1_000, "ctx.llm calls of one invocation").exactOptional(),
    max_fires_per_hour: whole(1, 100_000, "fires an hour").exactOptional(),
    debounce_ms: whole(1, DAY_MS, "ms of quiet before the hook runs").exactOptional(),
    debounce_max_ms: whole(1, DAY_MS, "ms a debounced event waits at most").exactOptional(),
    throttle: throttle.exactOptional(),
  },
  "expected an object such as { timeout_ms: 5000 }",
);

/** Metadata as the flags, the exported object and the JSDoc tags give it. Everything may be missing. */
export const hookMetadataSchema = z.strictObject(
  {
    name: line(128).exactOptional(),
    description: z.string("expected a text").trim().max(4_000, "expected at most 4000 characters").exactOptional(),
    mode: oneOf(HOOK_MODES).exactOptional(),
    stage: oneOf(HOOK_STAGES).exactOptional(),
    priority: whole(-1_000, 1_000, "lower runs first").exactOptional(),
    required: z.boolean("expected true or false").exactOptional(),
    isolation: oneOf(["warm", "fresh"]).exactOptional(),
    triggers: triggers.exactOptional(),
    schedule: schedule.exactOptional(),
    config: z
      .record(z.string(), z.unknown(), "expected an object")
      .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= CONFIG_BYTES, `expected at most ${CONFIG_BYTES} bytes as JSON`)
      .exactOptional(),
    limits: limits.exactOptional(),
    permissions: permissionsSchema.exactOptional(),
  },
  "expected an object",
);

export type MetadataInput = z.input<typeof hookMetadataSchema>;

/** The fields each object of the metadata knows, by its place ("" is the hook itself). */
export const METADATA_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "": Object.keys(hookMetadataSchema.shape),
  limits: Object.keys(limits.shape),
  permissions: Object.keys(permissionsSchema.shape),
  schedule: Object.keys(schedule.shape),
  triggers: Object.keys(triggers.shape),
  "triggers.schedule": Object.keys(schedule.shape),
  "triggers.principal": Object.keys(principalTrigger.shape),
  "triggers.event": Object.keys(eventTrigger.shape),
  "triggers.ref": Object.keys(refTrigger.shape),
};

/** A rule between several fields that does not hold. */
export interface MetadataConflict {
  readonly code: Extract<ErrorCode, "METADATA_INVALID" | "METADATA_CONTRADICTORY" | "SCHEDULE_INVALID">;
  readonly path: string;
  readonly message: string;
}

/** Fills in the defaults, brings aliases to one form, and checks the rules between fields. `name` is the last resort. */
export function completeMetadata(
  given: z.output<typeof hookMetadataSchema>,
  defaults: { readonly name: string; readonly limits: Limits },
): { readonly metadata: HookMetadata; readonly conflicts: readonly MetadataConflict[] } {
  const { triggers: givenTriggers, schedule: givenSchedule, limits: givenLimits, description, ...rest } = given;
  const mode = given.mode ?? "persistent";
  const { schedule: inTriggers, ...conditions } = givenTriggers ?? {};
  const chosen = givenSchedule ?? inTriggers;
  const effective: Limits = { ...defaults.limits, ...givenLimits, ...(mode === "one-shot" ? { concurrency: 1 } : {}) };
  const matching = normaliseTriggers(conditions);
  const metadata: HookMetadata = {
    stage: "runAutomations",
    priority: 0,
    isolation: "warm",
    config: {},
    ...rest,
    name: given.name ?? defaults.name,
    mode,
    ...(description === undefined || description === "" ? {} : { description }),
    ...(Object.keys(matching).length === 0 ? {} : { triggers: matching }),
    ...(chosen === undefined ? {} : { schedule: chosen }),
    limits: effective,
  };
  return { metadata, conflicts: [...scheduleConflicts(chosen, givenSchedule, inTriggers), ...conflictsOf(given, effective), ...stageConflicts(given, metadata)] };
}

function normaliseTriggers(conditions: Omit<z.output<typeof triggers>, "schedule">): Triggers {
  const { event, ...rest } = conditions;
  if (event === undefined) return rest;
  const { direction, directions: several, ...others } = event;
  const merged = several ?? direction;
  return { ...rest, event: merged === undefined ? others : { ...others, directions: merged } };
}

function scheduleConflicts(chosen: Schedule | undefined, top: Schedule | undefined, inTriggers: Schedule | undefined): MetadataConflict[] {
  if (chosen === undefined) return [];
  if (top !== undefined && inTriggers !== undefined && JSON.stringify(top) !== JSON.stringify(inTriggers)) {
    const message = `\`schedule\` is ${JSON.stringify(top)} and \`triggers.schedule\` is ${JSON.stringify(inTriggers)}; keep one of them`;
    return [{ code: "METADATA_CONTRADICTORY", path: "schedule", message }];
  }
  const kinds = (["cron", "every", "at"] as const).filter((kind) => chosen[kind] !== undefined);
  if (kinds.length === 1) return [];
  const found = kinds.length === 0 ? "none" : kinds.join(" and ");
  return [{ code: "SCHEDULE_INVALID", path: "schedule", message: `\`schedule\` has ${found} of cron, every and at; expected exactly one` }];
}

function conflictsOf(given: z.output<typeof hookMetadataSchema>, effective: Limits): MetadataConflict[] {
  const found: MetadataConflict[] = [];
  const asked = given.limits?.concurrency;
  if (given.mode === "one-shot" && asked !== undefined && asked !== 1) {
    const message = `\`limits.concurrency\` is ${asked} and \`mode\` is one-shot, which runs one invocation at a time; remove one of them`;
    found.push({ code: "METADATA_CONTRADICTORY", path: "limits.concurrency", message });
  }
  const { debounce_ms, debounce_max_ms } = effective;
  if (debounce_max_ms !== undefined && debounce_ms === undefined) {
    found.push({ code: "METADATA_INVALID", path: "limits.debounce_max_ms", message: "`limits.debounce_max_ms` needs `limits.debounce_ms`, whose wait it bounds" });
  } else if (debounce_max_ms !== undefined && debounce_ms !== undefined && debounce_max_ms < debounce_ms) {
    const message = `\`limits.debounce_max_ms\` is ${debounce_max_ms}; expected at least \`limits.debounce_ms\`, which is ${debounce_ms}`;
    found.push({ code: "METADATA_INVALID", path: "limits.debounce_max_ms", message });
  }
  const event = given.triggers?.event;
  if (event?.direction !== undefined && event.directions !== undefined && JSON.stringify(event.direction) !== JSON.stringify(event.directions)) {
    const message = `\`triggers.event.direction\` is ${JSON.stringify(event.direction)} and \`directions\` is ${JSON.stringify(event.directions)}; keep one of them`;
    found.push({ code: "METADATA_CONTRADICTORY", path: "triggers.event.direction", message });
  }
  return found;
}

/** What says something of fires, or of slots, says nothing of a stage hook; and only one that decides can be required. */
function stageConflicts(given: z.output<typeof hookMetadataSchema>, { stage, schedule: slots, mode }: HookMetadata): MetadataConflict[] {
  const refuse = (path: string, value: unknown, why: string): MetadataConflict => ({ code: "METADATA_CONTRADICTORY", path, message: `\`${path}\` is ${JSON.stringify(value)} and \`stage\` is ${stage}, ${why}; remove one of them` });
  if (given.required === true && !decides(stage)) return [refuse("required", true, stage === "runAutomations" ? "whose hooks stop nothing" : "whose hooks only look on")];
  if (stage === "runAutomations") return [];
  const fires = ["debounce_ms", "max_fires_per_hour"] as const;
  return [
    ...(slots === undefined ? [] : [refuse("schedule", slots, "which requests come to, not slots")]),
    ...(mode === "one-shot" ? [refuse("mode", mode, "whose hooks do not fire")] : []),
    ...fires.flatMap((name) => (given.limits?.[name] === undefined ? [] : [refuse(`limits.${name}`, given.limits[name], "whose hooks do not fire")])),
  ];
}

function durationOr0(text: string): number {
  try {
    return parseDuration(text, "throttle");
  } catch {
    return 0;
  }
}
