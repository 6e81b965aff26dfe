import { z } from "zod";
import type { OutboundOf } from "../../core/outbound-settings.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { badToken, callApi } from "./chat-api.ts";
import { chatTarget, lastId, type TargetForms } from "./chat-target.ts";
import { failure, type Failure } from "./failure.ts";
import { jsonAnswer, strangeAnswer } from "./json-answer.ts";
import type { OutboundMessage, SendResult } from "./outbound.ts";
import { statusFailure, type Answer } from "./post.ts";
import { retryAfterMs } from "../../clients/retry-after.ts";

/** What Slack recommends for `text`; it cuts at ten times as much. */
const LONGEST_TEXT = 4_000;

const shape = z.object({ ok: z.boolean(), error: z.string().optional(), ts: z.string().optional(), needed: z.string().optional() });
type SlackAnswer = z.output<typeof shape>;

const BAD_TOKEN = new Set(["not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "no_permission", "missing_scope", "not_allowed_token_type", "org_login_required", "ekm_access_denied"]);
const RATE_LIMITED = new Set(["ratelimited", "rate_limited"]);
const PASSING = new Set(["internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"]);

interface Conversation {
  readonly channel: string;
  readonly thread?: string | undefined;
}

const TS = /^\d+\.\d+$/;

function conversation(text: string): Conversation | undefined {
  const [, channel, thread] = /^([CGDUW][A-Z0-9]{2,40})(?::(\d+\.\d+))?$/.exec(text) ?? [];
  return channel === undefined ? undefined : { channel, thread };
}

const FORMS: TargetForms<Conversation> = {
  thread: conversation,
  recipient: conversation,
  settings: (text) => conversation(text) ?? (/^#[^\s:]{1,80}$/.test(text) ? { channel: text } : undefined),
  wanted: "a conversation id, such as C0123456789, or #name",
};

/** chat.postMessage. Slack drops no second copy: after a timeout a message may come twice. */
export function slackAdapter(settings: OutboundOf<"slack">, place: Place): Adapter {
  return { limit: LONGEST_TEXT, send: (attempt) => send(settings, place, attempt) };
}

async function send(settings: OutboundOf<"slack">, place: Place, attempt: Attempt): Promise<SendResult> {
  const { message } = attempt;
  const where = whereTo(settings, place, message);
  if ("sent" in where) return where;
  const token = await attempt.secret("token", settings.token);
  if (typeof token === "object") return token;
  const body = { channel: where.channel, text: escaped(message.text), ...(where.thread === undefined ? {} : { thread_ts: where.thread }) };
  const answer = await callApi(settings, place, attempt, "chat.postMessage", `Bearer ${token}`, body);
  return "sent" in answer ? answer : resultOf(place, answer);
}

/** A thread's own name wins over the message that is answered, which may be a reply in it. */
function whereTo(settings: OutboundOf<"slack">, place: Place, message: OutboundMessage): Conversation | Failure {
  const { thread_id } = message;
  // Channels that have one conversation only name the thread.
  if (thread_id !== undefined && TS.test(thread_id) && settings.target !== undefined) {
    const channel = FORMS.settings(settings.target);
    if (channel !== undefined) return { ...channel, thread: thread_id };
  }
  const found = chatTarget(place, message, settings.target, FORMS);
  if ("sent" in found) return found;
  return found.found === "thread" ? { ...found.target, thread: found.target.thread ?? lastId(message.reply_to, TS) } : found.target;
}

/** As Slack asks. It also takes the force of `<!channel>` and `<@U...>`, which no answer is to call people with. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function resultOf(place: Place, answer: Answer): SendResult {
  const said = jsonAnswer(answer, shape);
  if (said?.ok === false) return refusal(place, answer, said);
  if (answer.status < 200 || answer.status >= 300) return statusFailure(place, answer);
  if (said === undefined) return strangeAnswer(place, answer);
  return said.ts === undefined ? { sent: true } : { sent: true, receipt: said.ts };
}

/** Slack says no with status 200. */
function refusal(place: Place, answer: Answer, { error = "no reason given", needed }: SlackAnswer): Failure {
  const message = `${place.name}: Slack answered ${error}`;
  if (answer.status === 429 || RATE_LIMITED.has(error)) return failure("OUTBOUND_RATE_LIMITED", message, { retryAfterMs: retryAfterMs(answer.headers.get("retry-after"), place.now()) });
  if (BAD_TOKEN.has(error)) return badToken(place, needed === undefined ? error : `${error}: ${needed}`);
  if (answer.status >= 500 || PASSING.has(error)) return failure("OUTBOUND_UNREACHABLE", message);
  return failure("OUTBOUND_REFUSED", message);
}
