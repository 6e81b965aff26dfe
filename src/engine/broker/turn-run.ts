import type { Item } from "./queue-plan.ts";
import type { RunningTurn } from "./runners/runner.ts";

/** One turn from its claim to its end, as this process knows it. */
export class TurnRun {
  readonly id: string;
  readonly session: string;
  readonly agent: string;
  readonly group: string;
  /** What it was begun for. */
  readonly items: readonly Item[];
  /** What was handed to it on its way. */
  readonly steered: Item[] = [];
  /** Undefined until its runner was started. */
  running: RunningTurn | undefined;
  canSteer: boolean;
  /** Its agent is not this daemon's child: it goes on when the daemon ends. */
  readonly outlives: boolean;
  /** One at a time is being handed over, so that they arrive in order. */
  steering = false;
  /** It is this turn's, and the agent has not taken it yet. */
  handing: Item | undefined;
  /** Why it was told to end. */
  endedBy: { readonly why: "interrupted" | "cancelled" | "stopped"; readonly reason: string } | undefined;

  constructor(given: { id: string; session: string; items: readonly Item[]; canSteer: boolean; outlives: boolean }) {
    this.id = given.id;
    this.session = given.session;
    this.items = given.items;
    this.agent = given.items[0]?.agent ?? "";
    this.group = given.items[0]?.group ?? "";
    this.canSteer = given.canSteer;
    this.outlives = given.outlives;
  }

  get ending(): boolean {
    return this.endedBy !== undefined;
  }

  get isSteerable(): boolean {
    return this.canSteer && this.running !== undefined && !this.steering;
  }

  /** At once if it runs, else as soon as it does. */
  end(why: "interrupted" | "cancelled" | "stopped", reason: string): void {
    this.endedBy ??= { why, reason };
    this.running?.interrupt();
  }
}
