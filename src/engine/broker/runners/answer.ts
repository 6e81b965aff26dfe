import type { Usage } from "../../core/turn.ts";

/** What the output of an agent comes to. */
export interface Answer {
  /** Undefined: there is no answer in it; `problem` says why. */
  readonly text?: string;
  readonly problem?: string;
  readonly agent_session?: string;
  readonly usage?: Usage;
  /** Of the answer, that are left out of `text`. */
  readonly truncated_bytes: number;
  /** The agent itself says that it failed. */
  readonly error?: AgentError;
}

export interface AgentError {
  readonly message: string;
  /** As far as the agent says so. */
  readonly retryable?: boolean;
  readonly retry_after_ms?: number;
}

export interface AnswerEvents {
  /** It gave its own name for the session. */
  onSession(session: string): void;
  /** It said that its turn is over. */
  onComplete(): void;
}

/** Reads an answer from an output as it comes. */
export interface AnswerReader {
  feed(bytes: Uint8Array): void;
  /** Nothing more comes. */
  finish(): Answer;
}

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** Longer is no name for anything, and it has to fit into an argument. */
const SESSION_CHARACTERS = 1_024;

/** An agent's own name for a session. Control characters are refused: it becomes an argument of a program. */
export function sessionOf(value: unknown): string | undefined {
  const text = stringOf(value);
  return text !== undefined && text !== "" && text.length <= SESSION_CHARACTERS && !/[\u0000-\u001f\u007f]/.test(text) ? text : undefined;
}

/** Only what is known is there. */
export function usageFrom(tokensIn: unknown, tokensOut: unknown, cost?: unknown): Usage | undefined {
  const tokens_in = numberOf(tokensIn);
  const tokens_out = numberOf(tokensOut);
  const cost_usd = numberOf(cost);
  return tokens_in === undefined && tokens_out === undefined && cost_usd === undefined ? undefined : optional({ tokens_in, tokens_out, cost_usd });
}

export function addUsage(first: Usage | undefined, second: Usage | undefined): Usage | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return usageFrom(sum(first.tokens_in, second.tokens_in), sum(first.tokens_out, second.tokens_out), sum(first.cost_usd, second.cost_usd));
}

const sum = (a: number | undefined, b: number | undefined): number | undefined => (a === undefined && b === undefined ? undefined : (a ?? 0) + (b ?? 0));

/** `{message, retryable?, retry_after_ms?}`, or a text. */
export function errorOf(value: unknown): AgentError | undefined {
  if (typeof value === "string" && value !== "") return { message: value };
  const fields = fieldsOf(value);
  if (fields === undefined) return undefined;
  const retryable = typeof fields["retryable"] === "boolean" ? fields["retryable"] : undefined;
  return { message: stringOf(fields["message"]) ?? JSON.stringify(fields), ...optional({ retryable, retry_after_ms: numberOf(fields["retry_after_ms"]) }) };
}

type Known<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the fields that are undefined. */
export function optional<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
}
