import type { Dispatch } from "../core/dispatch.ts";
import { claimForSteering, dispatchById, returnDispatch } from "../store/dispatches.ts";
import { steering } from "./gather.ts";
import type { BrokerParts } from "./parts.ts";
import type { Item } from "./queue-plan.ts";
import type { TurnRun } from "./turn-run.ts";

export interface SteeringEvents {
  /** It waits again. */
  putBack(session: string, item: Item): void;
  /** The next one may be handed over. */
  done(session: string): void;
}

/**
 * Hands waiting items to running turns. An item is the turn's before it is handed over, so a kill in between gives it back
 * with the turn's other items; what the turn's end finds not yet taken is given back, too.
 *
 *   waiting ─▶ claimed (`run.handing`) ── taken ─▶ part of the turn (`run.steered`)
 *      ▲             └── refused, or the turn ended first ──┐
 *      └────────────────────────────────────────────────────┘
 */
export class Steering {
  readonly #parts: BrokerParts;
  readonly #events: SteeringEvents;
  #count = 0;

  constructor(parts: BrokerParts, events: SteeringEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  /** Items that are in neither queue nor turn for the moment. */
  get count(): number {
    return this.#count;
  }

  /** `item` is taken out of the queue by the caller. */
  begin(run: TurnRun, item: Item): void {
    const { store, commit } = this.#parts;
    run.steering = true;
    this.#count += 1;
    let dispatch: Dispatch | undefined;
    const claim = (): void => {
      dispatch = dispatchById(store, item.id);
      if (claimForSteering(store, item.id, run.id)) run.handing = item;
    };
    commit(claim, () => {
      if (run.handing === item && dispatch !== undefined) return void this.#hand(run, item, steering(store, dispatch));
      // Cancelled meanwhile; or the turn has ended, and this is one of those behind it.
      if (dispatch?.status === "pending") this.#events.putBack(run.session, { ...item, blocked: true });
      this.#done(run);
    });
  }

  async #hand(run: TurnRun, item: Item, text: string): Promise<void> {
    const { store, commit } = this.#parts;
    const taken = await (run.running?.steer(text) ?? false);
    // The turn's end came first, and has given it back.
    if (run.handing !== item) return this.#done(run);
    if (taken) {
      run.handing = undefined;
      run.steered.push(item);
      return this.#done(run);
    }
    let returned = false;
    const giveBack = (): void => {
      if (run.handing !== item) return;
      run.handing = undefined;
      returned = true;
      returnDispatch(store, item.id, 0, undefined);
    };
    commit(giveBack, () => {
      if (returned) this.#events.putBack(run.session, { ...item, blocked: true, unsteered: true });
      this.#done(run);
    });
  }

  #done(run: TurnRun): void {
    run.steering = false;
    this.#count -= 1;
    this.#events.done(run.session);
  }
}
