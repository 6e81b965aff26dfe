import { DueWork } from "../core/due-work.ts";
import { disabledOutbound, disableOutbound, dueDeliveries, nextDeliveryAt, recordAttempt, type Delivery } from "../store/deliveries.ts";
import type { OutboundMessage, SendResult } from "./outbound/outbound.ts";
import { nextAttempt } from "./outbound/retry-ladder.ts";
import type { BrokerParts } from "./parts.ts";

/**
 * Sends what is to be delivered: of each conversation one message at a time, in order, each until it is sent or its
 * ladder has no more rungs (a dead letter). The same `delivery_id` goes along with every attempt, also with those after the
 * next start. `settled`: a message was sent, or is given up.
 */
export function deliverer(parts: BrokerParts, settled: () => void): DueWork<Delivery> {
  const { store, now, settings } = parts;
  return new DueWork({
    most: settings.broker.max_sends, now,
    // Those under way are the first of their conversations, and still pending.
    due: (at, limit) => dueDeliveries(store, at, limit),
    nextAt: (at) => nextDeliveryAt(store, at),
    begin: (delivery, signal, done) => void send(parts, delivery, signal, () => {
      settled();
      done();
    }),
  });
}

async function send(parts: BrokerParts, delivery: Delivery, signal: AbortSignal, recorded: () => void): Promise<void> {
  const result = await attempt(parts, delivery, signal);
  // The daemon stops: its row says that it is to be sent.
  if (signal.aborted) return;
  parts.commit(() => record(parts, delivery, result), recorded);
}

async function attempt({ store, settings, outbound }: BrokerParts, delivery: Delivery, signal: AbortSignal): Promise<SendResult> {
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

function record({ store, now, notice, random }: BrokerParts, delivery: Delivery, result: SendResult): void {
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
