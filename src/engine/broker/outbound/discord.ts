import { createHash } from "node:crypto";
import { z } from "zod";
import type { OutboundOf } from "../../core/outbound-settings.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { badToken, callApi } from "./chat-api.ts";
import { chatTarget, lastId, type ChatTarget, type TargetForms } from "./chat-target.ts";
import { failure, type Failure } from "./failure.ts";
import { jsonAnswer, strangeAnswer } from "./json-answer.ts";
import type { OutboundMessage, SendResult } from "./outbound.ts";
import { statusFailure, type Answer } from "./post.ts";
import { RateGate } from "./rate-gate.ts";
import { retryAfterMs, secondsToMs } from "../../clients/retry-after.ts";

/** Discord counts characters; UTF-16 units, which are never fewer, are safe. */
const LONGEST_TEXT = 2_000;
const LONGEST_NONCE = 25;

const SNOWFLAKE = /^\d{5,20}$/;
const snowflake = (text: string): string | undefined => (SNOWFLAKE.test(text) ? text : undefined);
const FORMS: TargetForms<string> = { thread: snowflake, recipient: snowflake, settings: snowflake, wanted: "a channel id, such as 1012345678901234567" };

const madeShape = z.object({ id: z.string() });
const refusedShape = z.object({ message: z.string().optional(), code: z.number().optional(), retry_after: z.number().optional(), global: z.boolean().optional() });

interface Desk {
  readonly settings: OutboundOf<"discord">;
  readonly place: Place;
  readonly gate: RateGate;
  /** The conversation with a user, by the user's id. */
  readonly direct: Map<string, string>;
}

/** POST /channels/{id}/messages. The nonce, which is the same at every attempt, keeps a retry from making a second message. */
export function discordAdapter(settings: OutboundOf<"discord">, place: Place): Adapter {
  const desk: Desk = { settings, place, gate: new RateGate(), direct: new Map() };
  return { limit: LONGEST_TEXT, send: (attempt) => send(desk, attempt) };
}

async function send(desk: Desk, attempt: Attempt): Promise<SendResult> {
  const { settings, place } = desk;
  const found = chatTarget(place, attempt.message, settings.target, FORMS);
  if ("sent" in found) return found;
  const token = await attempt.secret("token", settings.token);
  if (typeof token === "object") return token;
  const channel = found.found === "recipient" ? await directChannel(desk, attempt, token, found.target) : found.target;
  if (typeof channel === "object") return channel;
  const made = await call(desk, attempt, token, `channels/${channel}/messages`, bodyOf(attempt.message, found));
  return "sent" in made ? made : { sent: true, receipt: made.id };
}

function bodyOf(message: OutboundMessage, { found }: ChatTarget<string>): Readonly<Record<string, unknown>> {
  // A reference holds within its channel, and the first part is the reply.
  const reply = found === "thread" && message.part === 1 ? lastId(message.reply_to, SNOWFLAKE) : undefined;
  return {
    content: message.text,
    nonce: createHash("sha256").update(message.delivery_id).digest("base64url").slice(0, LONGEST_NONCE),
    enforce_nonce: true,
    allowed_mentions: { parse: [], replied_user: false },
    ...(reply === undefined ? {} : { message_reference: { message_id: reply, fail_if_not_exists: false } }),
  };
}

/** A user is no channel: the one between the bot and the user is asked for, and then known. */
async function directChannel(desk: Desk, attempt: Attempt, token: string, user: string): Promise<string | Failure> {
  const known = desk.direct.get(user);
  if (known !== undefined) return known;
  const made = await call(desk, attempt, token, "users/@me/channels", { recipient_id: user });
  if ("sent" in made) return made;
  if (!SNOWFLAKE.test(made.id)) return failure("OUTBOUND_UNREACHABLE", `${desk.place.name}: Discord named no channel for the user ${user}`);
  if (desk.direct.size >= 1_000) desk.direct.clear();
  desk.direct.set(user, made.id);
  return made.id;
}

/** The route with its channel is what Discord counts by, so what it says of one holds for the next request to it. */
async function call(desk: Desk, attempt: Attempt, token: string, route: string, body: Readonly<Record<string, unknown>>): Promise<z.output<typeof madeShape> | Failure> {
  const { settings, place, gate } = desk;
  const waitMs = gate.waitMs(route, place.now());
  if (waitMs > 0) return failure("OUTBOUND_RATE_LIMITED", `${place.name}: Discord takes the next message here in ${waitMs} ms`, { retryAfterMs: waitMs });
  const answer = await callApi(settings, place, attempt, route, `Bot ${token}`, body);
  if ("sent" in answer) return answer;
  noteLimits(desk, route, answer);
  if (answer.status < 200 || answer.status >= 300) return refusal(desk, answer);
  return jsonAnswer(answer, madeShape) ?? strangeAnswer(place, answer);
}

function noteLimits({ gate, place }: Desk, route: string, answer: Answer): void {
  const resetMs = retryAfterMs(answer.headers.get("x-ratelimit-reset-after"), place.now());
  if (answer.headers.get("x-ratelimit-remaining") === "0" && resetMs !== undefined) gate.close(route, place.now() + resetMs);
  if (answer.status !== 429) return;
  const everywhere = answer.headers.has("x-ratelimit-global") || jsonAnswer(answer, refusedShape)?.global === true;
  const pauseMs = askedMs(answer, place);
  if (pauseMs !== undefined) gate.close(everywhere ? undefined : route, place.now() + pauseMs);
}

/** The longer of what the body and the header say: seconds with a fraction, and whole seconds. */
function askedMs(answer: Answer, place: Place): number | undefined {
  const said = [secondsToMs(jsonAnswer(answer, refusedShape)?.retry_after), retryAfterMs(answer.headers.get("retry-after"), place.now())].filter((ms) => ms !== undefined);
  return said.length === 0 ? undefined : Math.max(...said);
}

function refusal({ place }: Desk, answer: Answer): Failure {
  const said = jsonAnswer(answer, refusedShape);
  const detail = [said?.message ?? "", said?.code === undefined ? "" : `(code ${said.code})`].filter((text) => text !== "").join(" ");
  if (answer.status === 401) return badToken(place, detail === "" ? "401" : detail);
  if (answer.status !== 429) return statusFailure(place, answer, detail);
  const bucket = answer.headers.get("x-ratelimit-bucket");
  const message = `${place.name}: the receiver answered 429${bucket === null ? "" : ` for the bucket ${bucket}`}${detail === "" ? "" : `: ${detail}`}`;
  return failure("OUTBOUND_RATE_LIMITED", message, { retryAfterMs: askedMs(answer, place) });
}
