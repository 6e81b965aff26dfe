/** One message of an answer, as every outbound adapter is given it. */
export interface OutboundMessage {
  /** Of this part; the same at every attempt, for receivers that drop what they have seen. */
  readonly delivery_id: string;
  readonly text: string;
  /** 1 of 3. */
  readonly part: number;
  readonly parts: number;
  /** The `agent_response` event. */
  readonly event_id: string;
  readonly session_key: string;
  readonly agent: string;
  readonly channel: string;
  readonly thread_id?: string;
  /** Whom the conversation is with, where that is one person. */
  readonly recipient?: string;
  /** The message this answers, by the name its channel gave it. */
  readonly reply_to?: string;
  /** When the answer was stored, Unix ms. */
  readonly created_at: number;
}

export type SendResult =
  /** `receipt`: the receiver's own name for the message. */
  | { readonly sent: true; readonly receipt?: string }
  | {
      readonly sent: false;
      readonly code: "OUTBOUND_REFUSED" | "OUTBOUND_UNREACHABLE" | "OUTBOUND_RATE_LIMITED" | "OUTBOUND_TIMEOUT" | "OUTBOUND_ABORTED" | "OUTBOUND_GONE" | "OUTBOUND_FORBIDDEN" | "OUTBOUND_MISCONFIGURED";
      readonly message: string;
      /** The same again may succeed. */
      readonly retryable: boolean;
      /** As the receiver asked. */
      readonly retry_after_ms?: number;
      /** The receiver wants nothing more from here (410): the adapter is to be switched off. */
      readonly disable?: boolean;
    };

/** Carries answers out over one configured adapter. */
export interface Outbound {
  /** Longest text of one message, in the unit its service counts; longer ones are split (split.ts). Undefined: no limit. */
  readonly limit?: number;
  /** Never rejects. Ends by itself within `timeout_ms`, or at once when the signal aborts. */
  send(message: OutboundMessage, signal: AbortSignal): Promise<SendResult>;
}
