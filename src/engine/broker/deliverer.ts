import { disabledOutbound, disableOutbound, dueDeliveries, nextDeliveryAt, recordAttempt, type Delivery } from "../store/deliveries.ts";
import type { OutboundMessage, SendResult } from "./outbound/outbound.ts";
import { nextAttempt } from "./outbound/retry-ladder.ts";
import type { BrokerParts } from "./parts.ts";

/** A timer sleeps no longer than this; what is further away is looked at again. */
const LONGEST_SLEEP_MS = 60_000;

/**
 * Sends what is to be delivered: of each conversation one message at a time, in order, each until it is sent or its
 * ladder has no more rungs (a dead letter). The same `delivery_id` goes along with every attempt.
 */
export class Deliverer {
  readonly #parts: BrokerParts;
  readonly #sending = new Map<string, AbortController>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #started = false;
  /** Something was stored since the last look. */
  #unseen = true;

  readonly #settled: () => void;

  /** `settled`: a message was sent, or is given up. */
  constructor(parts: BrokerParts, settled: () => void) {
    this.#parts = parts;
    this.#settled = settled;
  }

  get count(): number {
    return this.#sending.size;
  }

  /** Nothing is being sent, and nothing is due; what waits for a later attempt does not count. */
  get isIdle(): boolean {
    return this.#sending.size === 0 && !this.#unseen;
  }

  start(): void {
    this.#started = true;
    this.look();
  }

  /** What is under way is tried again after the next start, with the same id. */
  stop(): void {
    this.#started = false;
    clearTimeout(this.#timer);
    for (const controller of this.#sending.values()) controller.abort();
  }

  /** There may be something new to send. */
  changed(): void {
    this.#unseen = true;
  }

  /** Asks the database only where something may have changed: there may be many that wait for another attempt. */
  look(): void {
    if (!this.#started || !this.#unseen) return;
    const { store, now, settings } = this.#parts;
    const room = settings.broker.max_sends - this.#sending.size;
    // Those under way are the first of their conversations, and still pending.
    const due = room <= 0 ? [] : dueDeliveries(store, now(), room + this.#sending.size).filter(({ id }) => !this.#sending.has(id)).slice(0, room);
    this.#unseen = false;
    for (const delivery of due) void this.#send(delivery);
    this.#wake(nextDeliveryAt(store, now()));
  }

  async #send(delivery: Delivery): Promise<void> {
    const controller = new AbortController();
    this.#sending.set(delivery.id, controller);
    const result = await this.#attempt(delivery, controller.signal);
    if (!this.#started) return;
    // Until then its row says that it is to be sent.
    this.#parts.commit(() => this.#record(delivery, result), () => {
      this.#sending.delete(delivery.id);
      this.#unseen = true;
      this.#settled();
      this.look();
    });
  }

  async #attempt(delivery: Delivery, signal: AbortSignal): Promise<SendResult> {
    const { store, settings, outbound } = this.#parts;
    const adapter = settings.outbound[delivery.outbound];
    if (adapter === undefined) return { sent: false, code: "OUTBOUND_MISCONFIGURED", message: `config.toml has no [outbound.${delivery.outbound}] (any more)`, retryable: false };
    const disabled = disabledOutbound(store, delivery.outbound);
    if (disabled !== undefined) return { sent: false, code: "OUTBOUND_GONE", message: `${delivery.outbound} is switched off: ${disabled}`, retryable: false };
    try {
      // Written by settleTurn.
      return await outbound(delivery.outbound, adapter).send(JSON.parse(delivery.message_json) as OutboundMessage, signal);
    } catch (error) {
      return { sent: false, code: "OUTBOUND_REFUSED", message: `a bug of the adapter: ${String(error)}`, retryable: false };
    }
  }

  #record(delivery: Delivery, result: SendResult): void {
    const { store, now, notice, random } = this.#parts;
    const at = now();
    if (result.sent) return recordAttempt(store, delivery.id, { status: "sent", at, receipt: result.receipt });
    const { code, message: error } = result;
    if (result.disable === true) {
      disableOutbound(store, delivery.outbound, at, error);
      notice("outbound_disabled", undefined, { outbound: delivery.outbound, reason: error });
    }
    const again = result.retryable ? nextAttempt(delivery.attempts + 1, at, result.retry_after_ms === undefined ? {} : { retryAfterMs: result.retry_after_ms }, random) : undefined;
    recordAttempt(store, delivery.id, { status: again === undefined ? "dead" : "pending", at, not_before: again, code, error });
    if (again === undefined) notice("delivery_dead", undefined, { delivery: delivery.id, outbound: delivery.outbound, turn: delivery.turn_id, code, error });
  }

  #due(): void {
    this.#unseen = true;
    this.look();
  }

  #wake(at: number | undefined): void {
    clearTimeout(this.#timer);
    if (at !== undefined) this.#timer = setTimeout(() => this.#due(), Math.min(LONGEST_SLEEP_MS, Math.max(1, at - this.#parts.now())));
  }
}
