import { z } from "zod";
import type { Dispatch } from "./dispatch.ts";
import { ALL_PERMISSIONS, PRINCIPAL_TYPES, type Access, type Event, type Permissions, type Principal, type Session, type StoredEvent } from "./event.ts";
import { HOOK_STAGES, STAGES, type HookStage } from "./hook.ts";
import { isFailure, isSkip, type Invocation } from "./invocation.ts";
import { hookResultSchema, unknownFields, type HookResult, type ParsedResult } from "./result.ts";
import type { TurnStatus } from "./turn.ts";

/** Every stage and every place for a hook, in the order in which a request comes to them. */
export const REQUEST_ORDER: readonly TraceStep["stage"][] = STAGES.flatMap((stage): TraceStep["stage"][] => (stage === "finalize" ? ["onError", stage, hookStageAfter(stage), "onFinalize"] : [stage, hookStageAfter(stage)]));

/** One step on an event's way. */
export interface TraceStep {
  /** Unix ms. */
  readonly at: number;
  readonly stage: (typeof STAGES)[number] | HookStage;
  readonly outcome: string;
  /** What it was done to, or by: an event, an invocation, a dispatch, a turn, a delivery. */
  readonly id: string;
  readonly took_ms?: number;
  readonly detail?: string;
}

/** What a stage hook finds in `ctx.request`: the request as its stages have built it so far. */
export interface NexusRequest {
  /** The turn's id; before there is one, the event's. */
  readonly id: string;
  readonly stage: HookStage;
  readonly event: Event;
  readonly principal: Principal;
  readonly permissions: Permissions;
  readonly session: Session;
  /** What the turn is for, oldest first; at `afterRunAutomations` what the fires became. */
  readonly dispatches: readonly Pick<Dispatch, "id" | "hook_id" | "event_id" | "status" | "prompt" | "context">[];
  /** From `afterAssembleContext` on. */
  readonly agent?: string;
  readonly turn?: { readonly id: string; readonly status: TurnStatus };
  /** What the agent is given; from `afterAssembleContext` on. */
  readonly context?: RequestContext;
  /** What it answered; from `afterRunAgent` on. */
  readonly response?: RequestResponse;
  /** What went wrong; at `onError`. */
  readonly error?: RequestError;
  readonly trace: readonly TraceStep[];
}

export interface RequestContext {
  readonly system: string;
  readonly prompt: string;
}

export interface RequestResponse {
  readonly text: string;
}

export interface RequestError {
  readonly stage: (typeof STAGES)[number];
  readonly code: string;
  readonly message: string;
  /** Its dispatches wait for another turn. */
  readonly retrying: boolean;
}

/** A request before it is known which of its events a hook is asked about: a turn may answer several. */
export type StageRequest = Omit<NexusRequest, "stage" | "event" | "principal" | "permissions"> & { readonly events: readonly StoredEvent[] };

/** What the hooks of one stage made of a request. */
export interface StageOutcome {
  /** With all patches. */
  readonly request: StageRequest;
  /** A hook wants it to go no further; in words. */
  readonly skipped?: string;
  /** A hook without which it must not go on did not answer; in words. */
  readonly stopped?: string;
}

/** Asks the hooks of stages. */
export interface Stages {
  /** Whether any hook stands at the stage: without one nothing need be prepared. */
  has(stage: HookStage): boolean;
  /** Whether one of them would be asked about these events. */
  concerns(stage: HookStage, events: readonly StoredEvent[]): boolean;
  /** Asks them one after the other; resolves once all they decided is recorded. A hook that answered for this request before is not asked again. */
  run(stage: HookStage, request: StageRequest): Promise<StageOutcome>;
}

const text = z.string("expected a text").max(4_194_304, "expected at most 4194304 characters");

const name = z.string("expected a text").min(1, "expected a text of 1 to 512 characters").max(512, "expected a text of 1 to 512 characters");
const names = z.array(name, "expected a list of texts").max(1_000, "expected at most 1000 texts");
const event = z.strictObject({ content: text.exactOptional(), metadata: z.record(z.string(), z.unknown(), "expected an object").exactOptional() }, "expected { content?, metadata? }").exactOptional();
const principal = z
  .strictObject({ type: z.enum(PRINCIPAL_TYPES, `expected one of ${PRINCIPAL_TYPES.join(", ")}`), name: name.exactOptional(), relationship: name.exactOptional(), entity_id: name.exactOptional(), source: name.exactOptional() }, "expected { type, name?, relationship?, entity_id?, source? }")
  .exactOptional();
const permissions = z.strictObject({ tools: names.exactOptional(), credentials: names.exactOptional(), data_access: names.exactOptional(), personas: names.exactOptional() }, "expected { tools?, credentials?, data_access?, personas? }").exactOptional();
const session = z.strictObject({ session_key: name.exactOptional(), persona: name.exactOptional(), thread_id: name.exactOptional() }, "expected { session_key?, persona?, thread_id? }").exactOptional();

/** What hooks may change, by stage; at the others they only look on. */
const PATCHES = {
  afterReceiveEvent: z.strictObject({ event }),
  afterResolveIdentity: z.strictObject({ event, principal }),
  afterResolveAccess: z.strictObject({ event, principal, permissions, session }),
  afterAssembleContext: z.strictObject({ context: z.strictObject({ system: text.exactOptional(), prompt: text.exactOptional() }, "expected { system?, prompt? }") }),
  afterRunAgent: z.strictObject({ response: z.strictObject({ text }, "expected { text }") }),
} as const;
type PatchStage = keyof typeof PATCHES;
type Patch = z.output<(typeof PATCHES)[PatchStage]>;

const SEEN = "event.content and event.metadata";
const FIELDS: Readonly<Record<PatchStage, string>> = {
  afterReceiveEvent: SEEN,
  afterResolveIdentity: `${SEEN}, principal`,
  afterResolveAccess: `${SEEN}, principal, permissions and session`,
  afterAssembleContext: "context.system and context.prompt",
  afterRunAgent: "response.text",
};

/** Whether a hook of the stage decides how the request goes on. */
export function decides(stage: HookStage): boolean {
  return isPatchStage(stage);
}

/** The request with what a hook changed. Pure; the patch is one that `parseStageResult` took. */
export function applyPatch(request: StageRequest, patch: unknown): StageRequest {
  const changes = patch as Changes;
  const session = changes.session === undefined ? request.session : { ...request.session, ...changes.session };
  return {
    ...request,
    session,
    events: request.events.map((one) => seenAs(one, changes, session)),
    ...(changes.context === undefined || request.context === undefined ? {} : { context: { ...request.context, ...changes.context } }),
    ...(changes.response === undefined ? {} : { response: { ...request.response, ...changes.response } }),
  };
}

interface Changes {
  readonly context?: Partial<RequestContext>;
  readonly response?: RequestResponse;
  readonly event?: Partial<Pick<Event, "content" | "metadata">>;
  readonly principal?: Principal;
  readonly permissions?: Partial<Permissions>;
  readonly session?: Partial<Session>;
}

/** The very same event when nothing of it changed. */
function seenAs(stored: StoredEvent, changes: Changes, session: Session): StoredEvent {
  const { event: texts, principal: who, permissions: allowed, session: moved } = changes;
  if (texts === undefined && who === undefined && allowed === undefined && moved === undefined) return stored;
  const access: Access | undefined = allowed === undefined && moved === undefined ? stored.access : {
    ...stored.access,
    ...(allowed === undefined ? {} : { permissions: { ...(stored.access?.permissions ?? ALL_PERMISSIONS), ...allowed } }),
    ...(moved === undefined ? {} : { session }),
  };
  return { ...stored, ...texts, ...(who === undefined ? {} : { principal: who }), ...(access === undefined ? {} : { access }) };
}

const stageResultSchema = hookResultSchema.extend({ fire: z.literal(false, "expected false or nothing: a stage hook does not fire, it returns `patch` or `skip`").optional() });

/** Parses what a stage hook returned: `patch`, `skip`, `emit`, `disable_hook`. What only an automation says is a warning. */
export function parseStageResult(stage: HookStage, value: unknown): ParsedResult {
  const parsed = stageResultSchema.safeParse(value);
  if (!parsed.success) return invalid(parsed.error.issues[0], "");
  const { emit, disable_hook, disable, patch, skip } = parsed.data;
  if (!isPatchStage(stage) && (patch !== undefined || skip === true)) {
    return { ok: false, error: `\`${patch === undefined ? "skip" : "patch"}\` of the returned HookResult: a hook of ${stage} only looks on; ${Object.keys(PATCHES).join(", ")} take \`patch\` and \`skip\`` };
  }
  const checked = patch === undefined || !isPatchStage(stage) ? undefined : checkPatch(stage, patch);
  if (typeof checked === "string") return { ok: false, error: checked };
  const given = { emit, disable_hook, disable, skip, patch: checked };
  const result = { fire: false, ...Object.fromEntries(Object.entries(given).filter(([, part]) => part !== undefined)) } as HookResult;
  return { ok: true, result, warnings: [...unknownFields(value), ...automationFields(value, stage)] };
}

function checkPatch(stage: PatchStage, patch: unknown): Patch | string {
  const parsed = (PATCHES[stage] as z.ZodType<Patch>).safeParse(patch);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue?.code !== "unrecognized_keys") return invalidText(issue, "patch.");
  return `\`patch.${[...issue.path, issue.keys[0] ?? ""].join(".")}\` of the returned HookResult: at ${stage} a patch changes ${FIELDS[stage]}`;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function invalid(issue: Issue | undefined, prefix: string): ParsedResult {
  return { ok: false, error: invalidText(issue, prefix) };
}

function invalidText(issue: Issue | undefined, prefix: string): string {
  const path = `${prefix}${issue?.path.join(".") ?? ""}`.replace(/\.$/, "");
  return `${path === "" ? "the result" : `\`${path}\``} of the returned HookResult: ${issue?.message ?? "invalid"}`;
}

function automationFields(value: unknown, stage: HookStage): string[] {
  if (typeof value !== "object" || value === null) return [];
  return ["agent", "routing", "context", "enrich"].filter((field) => Object.hasOwn(value, field)).map((field) => `\`${field}\` in the HookResult was ignored: at ${stage} a hook returns \`patch\` or \`skip\``);
}

/** What a stage hook did, in a word: `passed`, `patched`, `skipped` (the rest of the request), else its outcome. */
export function stageVerdict({ outcome, result }: Pick<Invocation, "outcome" | "result">): string {
  if (isFailure(outcome) || isSkip(outcome)) return outcome;
  const { patch, skip } = (result ?? {}) as Partial<HookResult>;
  return skip === true ? "skipped" : patch === undefined ? "passed" : "patched";
}

function isPatchStage(stage: HookStage): stage is PatchStage {
  return Object.hasOwn(PATCHES, stage);
}

function hookStageAfter(stage: (typeof STAGES)[number]): HookStage {
  const found = HOOK_STAGES.find((name) => name.toLowerCase() === `after${stage.toLowerCase()}`);
  if (found === undefined) throw new Error(`no hook stage follows ${stage}`);
  return found;
}
