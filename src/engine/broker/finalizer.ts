import type { HookStage } from "../core/hook.ts";
import type { StageRequest } from "../core/request.ts";
import { deliveriesOfTurn } from "../store/deliveries.ts";
import { closeRequest, openRequests, type OpenRequest } from "../store/turns.ts";
import type { BrokerParts } from "./parts.ts";
import { errorOf, requestOf } from "./request.ts";

/** Requests whose last hooks are asked at the same time. */
const AT_ONCE = 16;

/**
 * Asks the hooks of a request's last stages, once its turn has ended and its messages are settled: `afterDeliverResponse`
 * or `onError`, then `afterFinalize` and `onFinalize`. They only look on, so no session waits for them. The turn's row says
 * that they are to be asked, from the turn's end until they were: also across a restart.
 */
export class Finalizer {
  readonly #parts: BrokerParts;
  readonly #running = new Set<string>();
  /** A turn has ended, or a message was settled, since the last look. */
  #unseen = true;
  #started = false;

  constructor(parts: BrokerParts) {
    this.#parts = parts;
  }

  get isIdle(): boolean {
    return this.#running.size === 0 && !this.#unseen;
  }

  start(): void {
    this.#started = true;
  }

  /** What has not been asked is asked after the next start. */
  stop(): void {
    this.#started = false;
  }

  /** There may be something; `look` follows. */
  note(): void {
    this.#unseen = true;
  }

  look(): void {
    if (!this.#started || !this.#unseen) return;
    this.#unseen = false;
    const room = AT_ONCE - this.#running.size;
    if (room <= 0) return;
    for (const open of openRequests(this.#parts.store, AT_ONCE).filter(({ turn }) => !this.#running.has(turn.id)).slice(0, room)) {
      this.#running.add(open.turn.id);
      void this.#finalize(open);
    }
  }

  async #finalize({ turn, dispatch_ids }: OpenRequest): Promise<void> {
    const { store, commit } = this.#parts;
    const deliveries = deliveriesOfTurn(store, turn.id);
    const ask = async (stage: HookStage, parts: Partial<StageRequest> = {}): Promise<void> => {
      if (this.#parts.stages.has(stage)) await this.#parts.stages.run(stage, { ...requestOf(store, turn.id, stage, dispatch_ids), ...parts });
    };
    const { dispatches } = requestOf(store, turn.id, "onFinalize", dispatch_ids);
    const error = errorOf(turn, dispatches, deliveries.find(({ status }) => status === "dead"));
    if (deliveries.length > 0 && deliveries.every(({ status }) => status === "sent")) await ask("afterDeliverResponse");
    if (error !== undefined) await ask("onError", { error });
    if (error?.retrying !== true) {
      await ask("afterFinalize", error === undefined ? {} : { error });
      await ask("onFinalize", error === undefined ? {} : { error });
    }
    commit(() => closeRequest(store, turn.id), () => {
      this.#running.delete(turn.id);
      this.note();
      this.look();
    });
  }
}
