import { guardedFetch, type GuardedAnswer } from "../../clients/guarded-fetch.ts";
import type { Attempt, Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";
import { retryAfterMs } from "../../clients/retry-after.ts";

export type Answer = Extract<GuardedAnswer, { answered: true }>;

export interface Post {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly allowPrivate: boolean;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** What the chat services answer is far smaller. */
export const MOST_ANSWER_BYTES = 65_536;

const CODES = { forbidden: "OUTBOUND_FORBIDDEN", unreachable: "OUTBOUND_UNREACHABLE", timeout: "OUTBOUND_TIMEOUT", aborted: "OUTBOUND_ABORTED" } as const;

export async function post(place: Place, attempt: Pick<Attempt, "signal">, request: Post): Promise<Answer | Failure> {
  const answer = await guardedFetch({ method: "POST", signal: attempt.signal, ...request }, place.resolve === undefined ? {} : { resolve: place.resolve });
  return answer.answered ? answer : failure(CODES[answer.reason], `${place.name}: ${answer.message}`);
}

/** What a status other than 2xx means where the service says nothing more. `detail` goes into the message. */
export function statusFailure(place: Place, answer: Answer, detail = ""): Failure {
  const { status } = answer;
  const message = `${place.name}: the receiver answered ${status}${detail === "" ? "" : `: ${detail}`}`;
  const asked = { retryAfterMs: retryAfterMs(answer.headers.get("retry-after"), place.now()) };
  if (status === 429) return failure("OUTBOUND_RATE_LIMITED", message, asked);
  // Too busy, too early, in conflict with a request that is under way: the same again may succeed.
  if (status === 408 || status === 409 || status === 425 || status >= 500) return failure("OUTBOUND_UNREACHABLE", message, asked);
  if (status >= 300 && status < 400) return failure("OUTBOUND_REFUSED", `${message}; redirects are not followed, so set the address it leads to`);
  return failure("OUTBOUND_REFUSED", message);
}
