import type { HttpAgent } from "../../core/agent-settings.ts";
import { NexusError } from "../../core/errors.ts";
import { optional, type Answer, type AnswerEvents, type AnswerReader } from "./answer.ts";
import { excerpt, JsonAnswer } from "./json-answer.ts";
import { readJsonlEvent } from "./jsonl-format.ts";
import { LineAnswer } from "./line-answer.ts";
import { retryAfterMs } from "../../clients/retry-after.ts";
import type { Runner, RunnerEvents, TurnEnd, TurnInput } from "./runner.ts";
import { TextAnswer } from "./text-answer.ts";
import { failure } from "./turn-end.ts";
import { TurnStop } from "./turn-stop.ts";

/** As the global `fetch`, under rules of where it may go. Rejects with a NexusError where it may not. */
export type AgentFetch = (url: string, init: BunFetchRequestInit, rules: { readonly allow_private: boolean }) => Promise<Response>;

/** Of the body of a refusal, which is quoted. */
const REFUSAL_BYTES = 2_048;

/**
 * Posts each turn to a URL.
 *
 * @throws {NexusError} CONFIG_INVALID where a header cannot be sent.
 */
export function httpRunner(name: string, settings: HttpAgent, fetch: AgentFetch): Runner {
  const headers = headersOf(name, settings);
  return {
    start(input, events) {
      const stop = new TurnStop(settings);
      const asked = (): Promise<Response> => fetch(settings.url, requestOf(headers, input, stop.signal), { allow_private: settings.allow_private });
      const ended = exchange(settings, asked, events, stop).then(
        (end) => stop.close(end),
        (error: unknown) => stop.close(unreachable(settings.url, error)),
      );
      return { ended, steer: () => Promise.resolve(false), interrupt: () => stop.end("AGENT_INTERRUPTED", "interrupted") };
    },
  };
}

/** The body: `{turn_id, dispatch_ids, session_key, persona, profile, agent, prompt, thread_id?, system?, agent_session?}`. */
function requestOf(headers: Headers, turn: TurnInput, signal: AbortSignal): BunFetchRequestInit {
  const { turn_id, dispatch_ids, session_key, persona, profile, agent, prompt, thread_id, system, agent_session } = turn;
  const sent = new Headers(headers);
  // The same when the request of a turn is repeated.
  sent.set("idempotency-key", turn_id);
  sent.set("nexus-dispatch-ids", dispatch_ids.join(","));
  sent.set("content-type", "application/json");
  if (!sent.has("accept")) sent.set("accept", "application/json, application/x-ndjson, text/plain");
  return {
    method: "POST",
    headers: sent,
    body: JSON.stringify({ turn_id, dispatch_ids, session_key, persona, profile, agent, prompt, thread_id, system, agent_session }),
    signal,
    redirect: "manual",
    // Bun gives up an idle connection after 5 minutes; the clocks of the turn say when that is.
    timeout: false,
  };
}

/** @throws {NexusError} CONFIG_INVALID */
function headersOf(name: string, settings: HttpAgent): Headers {
  try {
    return new Headers(settings.headers);
  } catch (error) {
    throw new NexusError("CONFIG_INVALID", `[agents.${name}.headers]: ${(error as Error).message}`, { cause: error });
  }
}

interface ByteReader {
  read(): Promise<{ readonly value?: Uint8Array | undefined }>;
  cancel(): Promise<void>;
}

async function exchange({ url, output_bytes }: HttpAgent, ask: () => Promise<Response>, events: RunnerEvents, stop: TurnStop): Promise<TurnEnd> {
  const response = await stop.or(ask().then((late) => letGo(late, stop)));
  stop.clocks.alive();
  if (response.status < 200 || response.status > 299) return await refused(url, response, stop);
  let complete = false;
  const told: AnswerEvents = {
    onComplete: () => {
      complete = true;
    },
    onSession: (session) => {
      try {
        events.onAgentSession(session);
      } catch (error) {
        stop.end("AGENT_LOST", `what it did could not be recorded: ${String(error)}`);
      }
    },
  };
  const reader = readerFor(response.headers.get("content-type"), output_bytes, told);
  if (reader === undefined) {
    await response.body?.cancel();
    return failure("AGENT_OUTPUT_INVALID", `${place(url)} answers with content-type ${JSON.stringify(response.headers.get("content-type"))}; expected application/json, application/x-ndjson or text/plain`, { retryable: false });
  }
  let size = 0;
  const lost = await readBody(response, stop, (bytes) => {
    size += bytes.length;
    stop.clocks.alive();
    if (size > output_bytes) stop.end("AGENT_OUTPUT_LIMIT", `${place(url)}: answered more than output_bytes = ${output_bytes}`);
    else reader.feed(bytes);
    return complete || size > output_bytes;
  });
  return answered(url, reader.finish(), complete ? undefined : lost);
}

/** A fetch need not heed the signal: what comes of it after that is not read. */
async function letGo(response: Response, stop: TurnStop): Promise<Response> {
  if (stop.signal.aborted) await response.body?.cancel();
  return response;
}

function readerFor(contentType: string | null, limit: number, events: AnswerEvents): AnswerReader | undefined {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "text/plain";
  if (type === "application/json" || type.endsWith("+json")) return new JsonAnswer(limit, events);
  if (["application/x-ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"].includes(type)) return new LineAnswer(limit, readJsonlEvent, events);
  return type === "text/plain" || type === "text/markdown" ? new TextAnswer(limit) : undefined;
}

/** Reads until `onBytes` has enough. Resolves to what broke it off. */
async function readBody(response: Response, stop: TurnStop, onBytes: (bytes: Uint8Array) => boolean): Promise<unknown> {
  const reader: ByteReader | undefined = response.body?.getReader();
  if (reader === undefined) return undefined;
  try {
    for (let part = await stop.or(reader.read()); part.value !== undefined; part = await stop.or(reader.read())) if (onBytes(part.value)) break;
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function answered(url: string, answer: Answer, lost: unknown): TurnEnd {
  const { text, agent_session, usage, error } = answer;
  if (lost !== undefined) return unreachable(url, lost, text);
  if (error !== undefined) return failure("AGENT_REFUSED", `${place(url)} said that it failed: ${error.message}`, { ...error, retryable: error.retryable ?? false, text });
  if (text === undefined) return failure("AGENT_OUTPUT_INVALID", `${place(url)}: ${answer.problem ?? "no answer"}`, { retryable: false });
  return { status: "done", text, ...optional({ agent_session, usage }) };
}

async function refused(url: string, response: Response, stop: TurnStop): Promise<TurnEnd> {
  const { status, headers } = response;
  const body = new TextAnswer(REFUSAL_BYTES);
  let size = 0;
  await readBody(response, stop, (bytes) => {
    body.feed(bytes);
    size += bytes.length;
    return size > REFUSAL_BYTES;
  });
  const words = body.finish().text ?? "";
  const message = `${place(url)} answers ${status}${status < 400 ? `, a redirect to ${excerpt(headers.get("location") ?? "")}, which is not followed: set that url` : `: ${excerpt(words, 500)}`}`;
  const retryable = status === 408 || status === 425 || status === 429 || status >= 500;
  return failure(status >= 500 ? "AGENT_UNREACHABLE" : "AGENT_REFUSED", message, { retryable, retry_after_ms: retryable ? retryAfterMs(headers.get("retry-after"), Date.now()) : undefined });
}

function unreachable(url: string, error: unknown, text?: string): TurnEnd {
  const message = error instanceof Error ? error.message : String(error);
  return failure("AGENT_UNREACHABLE", `${place(url)}: ${message}`, { retryable: error instanceof NexusError ? error.toJSON().retryable : true, text });
}

/** Without a user, a password or a query, which can be secret. */
function place(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}
