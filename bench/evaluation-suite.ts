import type { Task } from "./measure.ts";
import type { Row } from "./report.ts";
import { type Figures, inRounds, medianOf, ratioOf, runFresh } from "./rounds.ts";

const HOOKS = 10;
const REGISTERED = 10_000;

interface Suite {
  readonly rounds: number;
  readonly durability: "full" | "normal";
  readonly progress: (what: string) => void;
}

/** Throughput and latency of the engine against the floor. */
export async function evaluationRows({ rounds, durability, progress }: Suite): Promise<Row[]> {
  const task = (subject: Task["subject"], load: Task["load"], more: Partial<Task> = {}) => (): Promise<Figures> => runFresh({ subject, load, hooks: HOOKS, durability, ...more });

  progress("saturated, 10 hooks an event");
  const full = await inRounds(rounds, { floor: task("floor", "saturated"), nexus: task("nexus", "saturated") });
  progress("saturated, webhook events");
  const webhooks = await inRounds(rounds, { floor: task("floor", "saturated", { kind: "webhook" }), nexus: task("nexus", "saturated", { kind: "webhook" }) });
  progress("one event at a time, 10 hooks");
  const one = await inRounds(rounds, { floor: task("floor", "one"), before: task("floor-before", "one"), nexus: task("nexus", "one") });
  const eventsPerSecond = Math.round(medianOf(full.nexus, "events_per_s") / 2);
  progress(`half of the saturated load, ${eventsPerSecond} events/s`);
  const half = await inRounds(rounds, { floor: task("floor", "rate", { eventsPerSecond }), nexus: task("nexus", "rate", { eventsPerSecond }) });
  progress("10 000 registered hooks of which 10 match");
  const many = await inRounds(rounds, { few: task("nexus", "both", { declared: true }), many: task("nexus", "both", { declared: true, others: REGISTERED - HOOKS }) });

  return [
    atLeast("saturated, 10 hooks a message event", "pairs/s", "pairs_per_s", full, 0.5),
    { ...informs("saturated, 10 hooks a webhook event", "pairs/s", "pairs_per_s", webhooks), note: WEBHOOKS },
    atMost("one event, 10 hooks, accepted to committed, p50", "ms", "p50_ms", one, 2),
    informs("one event, p99", "ms", "p99_ms", one),
    { ...informs("one event, p50, floor that stores the event first", "ms", "p50_ms", { floor: one.before, nexus: one.nexus }), note: STORES_FIRST },
    halfLoad(half, eventsPerSecond),
    { ...atMost("10 000 registered, 10 match: time an event, saturated", "µs", "us_per_event", { floor: many.few, nexus: many.many }, 1.3), note: SIZE_OF_REGISTRY },
    { ...atMost("10 000 registered, 10 match: one event, p50", "ms", "p50_ms", { floor: many.few, nexus: many.many }, 1.3), note: SIZE_OF_REGISTRY },
  ];
}

const STORES_FIRST = "as nexus does, so that an event is acknowledged before any hook has run: two transactions instead of one";
const WEBHOOKS = "a payload alone; a message event also costs nexus full text, participant, thread and episode, which the floor does not have";
const SIZE_OF_REGISTRY = "`floor` is nexus with 10 registered hooks";

interface Pair {
  readonly floor: readonly Figures[];
  readonly nexus: readonly Figures[];
}

function informs(measure: string, unit: string, name: string, { floor, nexus }: Pair): Row & { readonly ratio: number } {
  const values = (figures: readonly Figures[]): number[] => figures.map((round) => round[name] ?? Number.NaN);
  return { measure, unit, floor: medianOf(floor, name), nexus: medianOf(nexus, name), ratio: ratioOf(nexus, floor, name), raw: { floor: values(floor), nexus: values(nexus) } };
}

function atLeast(measure: string, unit: string, name: string, pair: Pair, ratio: number): Row {
  const row = informs(measure, unit, name, pair);
  return { ...row, limit: `≥ ${ratio}x`, ok: row.ratio >= ratio };
}

function atMost(measure: string, unit: string, name: string, pair: Pair, ratio: number): Row {
  const row = informs(measure, unit, name, pair);
  return { ...row, limit: `≤ ${ratio}x`, ok: row.ratio <= ratio };
}

function halfLoad(half: Pair, eventsPerSecond: number): Row {
  const row = informs("half of nexus's saturated load, p99", "ms", "p99_ms", half);
  return { ...row, limit: "< 10 ms", ok: (row.nexus ?? Number.NaN) < 10, note: `both at ${eventsPerSecond} events/s, open loop, counted from when an event was due` };
}
