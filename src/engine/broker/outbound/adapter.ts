import type { Resolve } from "../../clients/guarded-fetch.ts";
import type { Secret } from "../../core/redactor.ts";
import type { SecretSource } from "../../core/outbound-settings.ts";
import type { Failure } from "./failure.ts";
import type { OutboundMessage, SendResult } from "./outbound.ts";

/** Where an adapter works. */
export interface Place {
  /** How messages call it, such as `outbound.NAME`. */
  readonly name: string;
  /** Absolute. */
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  /** Default: the system's resolver. */
  readonly resolve?: Resolve | undefined;
}

/** One try to send one message. */
export interface Attempt {
  readonly message: OutboundMessage;
  /** Aborts at the deadline and when the daemon ends; nobody waits for the result after that. */
  readonly signal: AbortSignal;
  /** Reads a secret that the settings name in `field`. What was read is kept out of the result. */
  secret(field: string, source: SecretSource): Promise<string | Failure>;
}

/** One type of outbound, without what all have in common: deadline, abort, secrets, that it never rejects. */
export interface Adapter {
  readonly limit?: number;
  /** Values of the settings themselves that must not be shown. */
  readonly secrets?: readonly Secret[];
  /** May reject; the result is then a bug's. */
  send(attempt: Attempt): Promise<SendResult>;
}
