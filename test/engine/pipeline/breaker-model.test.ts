import { expect, test } from "bun:test";
import fc from "fast-check";
import { abandonTrial, admit, fail, succeed, type Breaker } from "../../../src/engine/pipeline/breaker.ts";
import { BreakerModel } from "../../simulation/breaker-model.ts";
import { Random } from "../../simulation/random.ts";

const RULES = { failures: 5, cooldownMs: 300_000 };
const EVENTS = 200;

interface Flight {
  readonly event: string;
  readonly generation: number;
}

/** `expect` would take most of the time of some million comparisons. */
function must(holds: boolean, seed: number, what: string): void {
  if (!holds) throw new Error(`seed ${seed}: ${what}`);
}

/** One hook, 200 events that all may be under way at once, ends in any order; the plain model sees the same. */
function run(seed: number): { transitions: number } {
  const random = new Random(seed);
  const failing = random.next();
  const model = new BreakerModel(RULES.failures, RULES.cooldownMs);
  const flying: Flight[] = [];
  let breaker: Breaker = { state: "closed", failures: 0, openedAt: undefined, generation: 0 };
  let now = 1_000_000_000;
  let left = EVENTS;
  let named = 0;
  while (left > 0 || flying.length > 0) {
    const draw = random.next();
    if (left > 0 && draw < 0.5) {
      left -= 1;
      const decided = admit(breaker, RULES, now);
      breaker = decided.breaker;
      // A clock that went back makes both wait anew.
      if (model.state === "open" && now < model.openedAt.wall) model.openedAt = { wall: now, monotonic: 0 };
      if (decided.admission === "skip") {
        must(model.state === "half-open" || (model.state === "open" && now - model.openedAt.wall < RULES.cooldownMs), seed, `skipped while it is ${model.state}`);
        continue;
      }
      const event = String((named += 1));
      must(decided.admission === (model.state === "closed" ? "run" : "trial"), seed, `${decided.admission} while it is ${model.state}`);
      const wrong = model.submit([event], now - model.openedAt.wall);
      must(wrong === undefined, seed, wrong ?? "");
      flying.push({ event, generation: breaker.generation });
    } else if (draw < 0.9 && flying.length > 0) {
      const [one] = flying.splice(random.below(flying.length), 1);
      if (one === undefined) continue;
      const failed = random.chance(failing);
      breaker = failed ? fail(breaker, one.generation, RULES, now) : succeed(breaker, one.generation);
      model.row(one.event, failed, { wall: now, monotonic: 0 });
    } else if (draw < 0.93 && flying.length > 0) {
      // Its process died: not begun, as far as anyone knows.
      const [one] = flying.splice(random.below(flying.length), 1);
      if (one === undefined) continue;
      if (one.generation === breaker.generation) breaker = abandonTrial(breaker);
      model.returned([one.event]);
      left += 1;
    } else now += random.pick([1, 1_000, 60_000, 299_999, 300_000, -1_000, -400_000]);
    must(breaker.state === model.state && (model.state !== "closed" || breaker.failures === model.failures), seed, `${breaker.state}, ${breaker.failures} instead of ${model.state}, ${model.failures}`);
  }
  return { transitions: model.opened + model.closedAgain };
}

// switch: mutants old-success-closes, breaker-model-generations, breaker-model-trial
test("200 concurrent events in any order of completion: the breaker is the plain model's, over 10 000 runs", () => {
  let transitions = 0;
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      transitions += run(seed).transitions;
    }),
    { numRuns: 10_000 },
  );
  expect(transitions).toBeGreaterThan(10_000);
}, 60_000);
