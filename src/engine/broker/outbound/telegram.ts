import { z } from "zod";
import type { OutboundOf } from "../../core/outbound-settings.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { badToken, callApi } from "./chat-api.ts";
import { chatTarget, lastId, type ChatTarget, type TargetForms } from "./chat-target.ts";
import { failure, type Failure } from "./failure.ts";
import { jsonAnswer, strangeAnswer } from "./json-answer.ts";
import type { OutboundMessage, SendResult } from "./outbound.ts";
import { statusFailure, type Answer } from "./post.ts";
import { retryAfterMs, secondsToMs } from "../../clients/retry-after.ts";

/** Telegram counts UTF-16 units. */
const LONGEST_TEXT = 4_096;

interface Chat {
  readonly chat: string;
  /** A topic of a forum. */
  readonly topic?: number | undefined;
}

function chat(text: string): Chat | undefined {
  const [, id, topic] = /^(-?\d{1,18})(?::(\d{1,15}))?$/.exec(text) ?? [];
  return id === undefined ? undefined : { chat: id, topic: topic === undefined ? undefined : Number(topic) };
}

const FORMS: TargetForms<Chat> = {
  thread: chat,
  recipient: (text) => (/^\d{1,18}$/.test(text) ? { chat: text } : undefined),
  settings: (text) => chat(text) ?? (/^@\w{4,64}$/.test(text) ? { chat: text } : undefined),
  wanted: "a chat id, such as -1001234567890 (with :TOPIC for a topic), or @channelname",
};

const shape = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  result: z.object({ message_id: z.number() }).optional(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});

/** sendMessage, as plain text. Telegram drops no second copy: after a timeout a message may come twice. */
export function telegramAdapter(settings: OutboundOf<"telegram">, place: Place): Adapter {
  return { limit: LONGEST_TEXT, send: (attempt) => send(settings, place, attempt) };
}

async function send(settings: OutboundOf<"telegram">, place: Place, attempt: Attempt): Promise<SendResult> {
  const found = chatTarget(place, attempt.message, settings.target, FORMS);
  if ("sent" in found) return found;
  const token = await attempt.secret("token", settings.token);
  if (typeof token === "object") return token;
  // It becomes part of the path.
  if (!/^[\w:-]+$/.test(token)) return badToken(place, "a token has digits, a colon, letters, digits, - and _");
  const answer = await callApi(settings, place, attempt, `bot${token}/sendMessage`, undefined, bodyOf(attempt.message, found));
  return "sent" in answer ? answer : resultOf(place, answer);
}

function bodyOf(message: OutboundMessage, { found, target }: ChatTarget<Chat>): Readonly<Record<string, unknown>> {
  // A reply holds within its chat, and the first part is the reply.
  const reply = found === "thread" && message.part === 1 ? Number(lastId(message.reply_to, /^\d{1,15}$/)) : Number.NaN;
  const id = Number(target.chat);
  return {
    chat_id: Number.isSafeInteger(id) ? id : target.chat,
    text: message.text,
    ...(target.topic === undefined ? {} : { message_thread_id: target.topic }),
    ...(Number.isNaN(reply) ? {} : { reply_parameters: { message_id: reply, allow_sending_without_reply: true } }),
  };
}

function resultOf(place: Place, answer: Answer): SendResult {
  const said = jsonAnswer(answer, shape);
  if (answer.status < 200 || answer.status >= 300 || said?.ok === false) return refusal(place, answer, said);
  if (said?.result === undefined) return strangeAnswer(place, answer);
  return { sent: true, receipt: String(said.result.message_id) };
}

function refusal(place: Place, answer: Answer, said: z.output<typeof shape> | undefined): Failure {
  const description = said?.description ?? "";
  const { retry_after, migrate_to_chat_id } = said?.parameters ?? {};
  if (answer.status === 429 || retry_after !== undefined) {
    return failure("OUTBOUND_RATE_LIMITED", `${place.name}: Telegram answered ${answer.status}: ${description}`, { retryAfterMs: secondsToMs(retry_after) ?? retryAfterMs(answer.headers.get("retry-after"), place.now()) });
  }
  // To Telegram a token it does not know is a path it does not know.
  if (said !== undefined && (answer.status === 401 || answer.status === 404)) return badToken(place, description);
  if (migrate_to_chat_id !== undefined) return failure("OUTBOUND_REFUSED", `${place.name}: ${description}; the group is now the chat ${migrate_to_chat_id}`);
  return statusFailure(place, answer, description);
}
