import { descendantsOf } from "../../runtime/kin.ts";
import { endBearers, killKnown, type KnownProcess } from "../../runtime/kin.ts";
import { TURN_MARK } from "./agent-environment.ts";

/** How often is looked whether a group that was asked to end has ended: nothing tells of the last of it. */
const LOOK_MS = 10;

/** What one turn's program is and has started: a process group of its own, and those who left it. */
export class ProcessTree {
  readonly #leader: number;
  readonly #turnId: string;
  #known: readonly KnownProcess[] = [];

  constructor(leader: number, turnId: string) {
    this.#leader = leader;
    this.#turnId = turnId;
  }

  /** Asks all of the group to end. */
  terminate(): void {
    this.#lookAround();
    signalGroup(this.#leader, "SIGTERM");
  }

  /** Ends the group at once; whoever left it follows in `endRest`. */
  kill(): void {
    this.#lookAround();
    signalGroup(this.#leader, "SIGKILL");
  }

  /** Ends whatever is left once the leader has ended, wherever it went. */
  async endRest(): Promise<void> {
    signalGroup(this.#leader, "SIGKILL");
    killKnown(this.#known);
    await endBearers(`${TURN_MARK}=${this.#turnId}`);
  }

  /** Resolves when nothing of the group is left, at the latest after `ms`. */
  async groupEnded(ms: number): Promise<void> {
    for (const until = performance.now() + ms; performance.now() < until && signalGroup(this.#leader, 0); ) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }

  /** Whoever leaves the group is known only as long as its parent lives. */
  #lookAround(): void {
    this.#known = [...this.#known, ...descendantsOf(this.#leader)];
  }
}

function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch {
    return false;
  }
}
