import { withDeadline } from "../../clients/deadline.ts";
import type { Resolve } from "../../clients/guarded-fetch.ts";
import type { OutboundSettings } from "../../core/outbound-settings.ts";
import { Redactor, type Secret } from "../../core/redactor.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { commandAdapter } from "./command.ts";
import { discordAdapter } from "./discord.ts";
import { failure } from "./failure.ts";
import { fileAdapter } from "./file.ts";
import type { Outbound, OutboundMessage, SendResult } from "./outbound.ts";
import { readSecret } from "./read-secret.ts";
import { slackAdapter } from "./slack.ts";
import { telegramAdapter } from "./telegram.ts";
import { webhookAdapter } from "./webhook.ts";

export interface OutboundParts {
  /** Absolute; what is relative in the settings is relative to it. */
  readonly home: string;
  /** Where `{env: NAME}` is looked up. Default: the environment of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Unix ms. Default: the system's clock. */
  readonly now?: () => number;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve;
}

/** What receivers say is repeated up to here, in characters. */
const LONGEST_MESSAGE = 2_000;
const LONGEST_RECEIPT = 512;

/** The adapter of `[outbound.NAME]`. It keeps what it learns of rate limits, so make it once and keep it. */
export function createOutbound(name: string, settings: OutboundSettings, parts: OutboundParts): Outbound {
  const place: Place = { name: `outbound.${name}`, home: parts.home, env: parts.env ?? process.env, now: parts.now ?? Date.now, resolve: parts.resolve };
  const adapter = adapterOf(settings, place);
  return {
    ...(adapter.limit === undefined ? {} : { limit: adapter.limit }),
    send: (message, signal) => send(place, adapter, settings.timeout_ms, message, signal),
  };
}

function adapterOf(settings: OutboundSettings, place: Place): Adapter {
  switch (settings.type) {
    case "command":
      return commandAdapter(settings, place);
    case "webhook":
      return webhookAdapter(settings, place);
    case "file":
      return fileAdapter(settings, place);
    case "slack":
      return slackAdapter(settings, place);
    case "discord":
      return discordAdapter(settings, place);
    case "telegram":
      return telegramAdapter(settings, place);
  }
}

async function send(place: Place, adapter: Adapter, timeoutMs: number, message: OutboundMessage, signal: AbortSignal): Promise<SendResult> {
  const known: Secret[] = [...(adapter.secrets ?? [])];
  const secret: Attempt["secret"] = async (field, source) => {
    const value = await readSecret(place, field, source);
    if (typeof value === "string") known.push({ name: `${place.name}.${field}`, value });
    return value;
  };
  try {
    const ended = await withDeadline(timeoutMs, signal, (inner) => adapter.send({ message, signal: inner, secret }));
    if (ended.ended === "done") return presentable(ended.value, known);
    if (ended.ended === "aborted") return failure("OUTBOUND_ABORTED", `${place.name}: stopped before there was an answer; whether it arrived is not known`);
    return failure("OUTBOUND_TIMEOUT", `${place.name}: no answer within ${timeoutMs} ms (timeout_ms); whether it arrived is not known`);
  } catch (error) {
    return presentable(failure("OUTBOUND_UNREACHABLE", `${place.name}: ${error instanceof Error ? error.message : String(error)}`), known);
  }
}

/** Receivers write their answers themselves: secrets, control characters and length are theirs to choose, not to keep. */
function presentable(result: SendResult, known: readonly Secret[]): SendResult {
  const redactor = new Redactor(known);
  const clean = (text: string, most: number): string => redactor.text(text).replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, " ").toWellFormed().slice(0, most).toWellFormed();
  if (!result.sent) return { ...result, message: clean(result.message, LONGEST_MESSAGE) };
  return result.receipt === undefined ? result : { sent: true, receipt: clean(result.receipt, LONGEST_RECEIPT) };
}
