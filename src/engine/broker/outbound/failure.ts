import type { SendResult } from "./outbound.ts";

export type Failure = Extract<SendResult, { sent: false }>;

/** The same again may succeed: the network, the receiver or the daemon was not ready for it. */
const RETRYABLE: Readonly<Record<Failure["code"], boolean>> = {
  OUTBOUND_UNREACHABLE: true,
  OUTBOUND_RATE_LIMITED: true,
  OUTBOUND_TIMEOUT: true,
  OUTBOUND_ABORTED: true,
  OUTBOUND_REFUSED: false,
  OUTBOUND_GONE: false,
  OUTBOUND_FORBIDDEN: false,
  OUTBOUND_MISCONFIGURED: false,
};

export function failure(code: Failure["code"], message: string, more: { readonly retryAfterMs?: number | undefined; readonly disable?: true } = {}): Failure {
  return {
    sent: false,
    code,
    message,
    retryable: RETRYABLE[code],
    ...(more.retryAfterMs === undefined ? {} : { retry_after_ms: more.retryAfterMs }),
    ...(more.disable === undefined ? {} : { disable: more.disable }),
  };
}
