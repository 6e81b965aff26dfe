import { errorOf, fieldsOf, optional, sessionOf, stringOf, usageFrom, type Answer, type AnswerEvents, type AnswerReader } from "./answer.ts";
import { KeptOutput } from "./kept-output.ts";

const SHAPE = `{"text": "...", "session"?: "...", "usage"?: {"tokens_in"?, "tokens_out"?, "cost_usd"?}} or {"error": {"message": "...", "retryable"?, "retry_after_ms"?}}`;

/** Format `json`: one JSON object, `{text, session?, usage?: {tokens_in?, tokens_out?, cost_usd?}}` or `{error: {message, retryable?, retry_after_ms?}}`. */
export class JsonAnswer implements AnswerReader {
  readonly #kept: KeptOutput;
  readonly #events: AnswerEvents;

  constructor(limit: number, events: AnswerEvents) {
    this.#kept = new KeptOutput(limit);
    this.#events = events;
  }

  feed(bytes: Uint8Array): void {
    this.#kept.add(bytes);
  }

  finish(): Answer {
    if (this.#kept.leftOut > 0) return { truncated_bytes: this.#kept.leftOut, problem: `the JSON has ${this.#kept.total} bytes, more than output_bytes allows to keep` };
    const answer = readJson(this.#kept.text());
    if (answer.agent_session !== undefined) this.#events.onSession(answer.agent_session);
    return answer;
  }
}

function readJson(text: string): Answer {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { truncated_bytes: 0, problem: `not JSON (${(error as Error).message}): ${excerpt(text)}` };
  }
  const fields = fieldsOf(value);
  const answer = stringOf(fields?.["text"]);
  const error = errorOf(fields?.["error"]);
  const session = sessionOf(fields?.["session"]);
  const used = fieldsOf(fields?.["usage"]);
  const usage = usageFrom(used?.["tokens_in"], used?.["tokens_out"], used?.["cost_usd"]);
  const problem = answer === undefined && error === undefined ? `JSON without a text "text": ${excerpt(text)}; expected ${SHAPE}` : undefined;
  return { truncated_bytes: 0, ...optional({ text: answer, problem, error, agent_session: session, usage }) };
}

/** Of a message; the whole may be megabytes. */
const EXCERPT = 200;

/** The beginning of a text, as it can stand in a message. */
export function excerpt(text: string, characters = EXCERPT): string {
  return text === "" ? "nothing" : JSON.stringify(text.length > characters ? `${text.slice(0, characters)}...` : text);
}
