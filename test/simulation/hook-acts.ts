import { drawOf } from "./random.ts";

/** What a simulated script does with one event. */
export interface Act {
  /**
   * `slow` answers after its deadline, `invalid` returns what is no HookResult, `bad_emit` an `emit` only the daemon can
   * see is wrong; `hangs` has to be ended, `stuck` takes the evaluator with it when it is, `exits` and `memory` end the
   * Worker, `dies` ends the evaluator, `kills` the daemon.
   */
  readonly kind: "answers" | "throws" | "invalid" | "bad_emit" | "slow" | "hangs" | "stuck" | "exits" | "memory" | "dies" | "kills";
  readonly fire: boolean;
  readonly disable: boolean;
  readonly emits: number;
  /** Counts in `ctx.state`. */
  readonly counts: boolean;
  readonly durationUs: number;
}

/** How a hook's script is. `config.temper` of its metadata. */
export type Temper = "quiet" | "keen" | "failing" | "moody" | "wild" | "deadly" | "broken" | "chatty" | "quitter";

/** Shares of what a script does, in this order; the rest answers. */
const SHARES: Readonly<Record<Temper, Partial<Record<Act["kind"], number>>>> = {
  quiet: {},
  keen: {},
  failing: { throws: 0.85, invalid: 0.05 },
  moody: { throws: 0.35, invalid: 0.05, slow: 0.05, bad_emit: 0.05 },
  wild: { throws: 0.1, invalid: 0.05, bad_emit: 0.05, slow: 0.05, hangs: 0.08, stuck: 0.03, exits: 0.08, memory: 0.05, dies: 0.04 },
  deadly: { dies: 0.3, kills: 0.04 },
  broken: {},
  chatty: { throws: 0.05 },
  quitter: { throws: 0.1 },
};

const FIRES: Readonly<Record<Temper, number>> = { quiet: 0, keen: 0.7, failing: 0.5, moody: 0.4, wild: 0.3, deadly: 0.3, broken: 0.5, chatty: 0.1, quitter: 0.2 };

/** The same for the same seed, hook, event and try, whenever and in whatever process it is asked for. */
export function actOf(seed: number, temper: Temper, hook: string, event: string, attempt: number): Act {
  const draw = (what: string): number => drawOf(seed, hook, event, what, attempt);
  let left = draw("kind");
  let kind: Act["kind"] = "answers";
  for (const [one, share] of Object.entries(SHARES[temper]) as [Act["kind"], number][]) {
    // What kills the daemon does so at each try: that is what leases are for.
    if (one === "kills" ? drawOf(seed, hook, event, "kills") < share : left < share) {
      kind = one;
      break;
    }
    left -= one === "kills" ? 0 : share;
  }
  return {
    kind,
    fire: draw("fire") < FIRES[temper],
    disable: temper === "quitter" && draw("disable") < 0.15,
    emits: temper === "chatty" && draw("emits") < 0.4 ? 1 : 0,
    counts: draw("counts") < 0.3,
    durationUs: kind === "slow" ? 2_000_000_000 : Math.floor(10 ** (1 + draw("duration") * 3.5)),
  };
}

/** Whether the script of a version can be loaded at all. */
export function loads(seed: number, temper: Temper, version: string): boolean {
  return temper !== "broken" || drawOf(seed, version, "loads") < 0.5;
}
