import type { ErrorCode, NexusError } from "../core/errors.ts";
import { EXIT } from "../core/errors.ts";
import type { ErrorAnswer } from "./wire.ts";

/** A code's HTTP status follows from its exit code, except where HTTP has a word of its own for it. */
const BY_EXIT: Readonly<Record<number, number>> = {
  [EXIT.failed]: 500,
  [EXIT.usage]: 400,
  [EXIT.notFound]: 404,
  [EXIT.notPermitted]: 403,
  [EXIT.conflict]: 409,
  [EXIT.findings]: 422,
  [EXIT.unavailable]: 503,
  [EXIT.timedOut]: 504,
  [EXIT.bug]: 500,
  [EXIT.interrupted]: 503,
};
const BY_CODE: Readonly<Partial<Record<ErrorCode, number>>> = { METHOD_NOT_ALLOWED: 405, REQUEST_TOO_LARGE: 413, EVENT_TOO_LARGE: 413 };

const RETRY_AFTER_S = "1";

export function jsonAnswer(value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json(value, { status, headers: { "cache-control": "no-store", ...headers } });
}

/** The error object that a command prints, with a fitting status. */
export function errorAnswer(error: NexusError, headers: Readonly<Record<string, string>> = {}): Response {
  const status = BY_CODE[error.code] ?? BY_EXIT[error.exitCode] ?? 500;
  const body: ErrorAnswer = { error: error.toJSON() };
  return jsonAnswer(body, status, { ...(status === 503 ? { "retry-after": RETRY_AFTER_S } : {}), ...headers });
}
