import type { Config } from "../../src/engine/config.ts";
import { configSchema } from "../../src/engine/config.ts";
import type { NewEvent } from "../../src/engine/core/event.ts";
import type { HookMetadata, Schedule } from "../../src/engine/core/hook.ts";
import type { NewScript } from "../../src/engine/registry/hook-change.ts";
import type { Temper } from "./hook-acts.ts";
import type { Random } from "./random.ts";

/** 2026-01-28T01:30:00Z */
export const BEGINNING = 1_769_563_800_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** How one run is: drawn once from its seed, so that some runs have no crash and others little else. */
export interface Scenario {
  readonly config: Config;
  readonly hooks: number;
  /** Tasks and moves before everything is left to come to rest. */
  readonly moves: number;
  readonly chances: {
    readonly emit: number;
    readonly other: number;
    readonly registry: number;
    readonly advance: number;
    readonly jump: number;
    readonly kill: number;
    readonly stop: number;
  };
  /** Of each transaction. */
  readonly disk: { readonly kill: number; readonly busy: number; readonly fails: number };
  readonly tempers: readonly Temper[];
}

/** Retention has tests of its own; here the clock jumps, and every row is to be there at the end. */
const DEFAULTS = configSchema.parse({
  retention: { fold_after_hours: 87_600, invocations_days: 36_500, events_days: 36_500, dispatches_days: 36_500, logs_days: 36_500, notices_days: 36_500, slots_days: 36_500, stats_fine_days: 36_500, stats_days: 36_500 },
});

export function drawScenario(random: Random): Scenario {
  /** Off in most runs, so that what is found is not always the same. */
  const sometimes = (share: number, most: number): number => (random.chance(share) ? random.next() * most : 0);
  const all: readonly Temper[] = ["quiet", "keen", "failing", "moody", "wild", "deadly", "broken", "chatty", "quitter"];
  return {
    config: {
      ...DEFAULTS,
      breaker: { failures: random.between(2, 5), cooldown_ms: 5 * MINUTE },
      events: { ...DEFAULTS.events, queue_pairs: random.pick([3, 20, 200_000]), max_attempts: random.between(1, 3), max_depth: 3 },
      evaluator: { ...DEFAULTS.evaluator, warm_workers: random.pick([1, 2, 256]) },
      schedule: { ...DEFAULTS.schedule, catch_up_cap: random.between(1, 5) },
    },
    hooks: random.between(1, 4),
    moves: random.between(40, 160),
    chances: {
      emit: 0.06 + random.next() * 0.1,
      other: sometimes(0.4, 0.05),
      registry: sometimes(0.5, 0.04),
      advance: sometimes(0.7, 0.06),
      jump: sometimes(0.3, 0.03),
      kill: sometimes(0.4, 0.02),
      stop: sometimes(0.2, 0.01),
    },
    disk: { kill: sometimes(0.4, 0.06), busy: sometimes(0.2, 0.4), fails: sometimes(0.25, 0.05) },
    tempers: random.chance(0.3) ? all : [random.pick(all), random.pick(all), "keen", "moody"],
  };
}

const TYPES = ["a", "b", "c"] as const;

/** Bundles that registrations name; what they do stands in `config.temper`. */
export const BUNDLES = ["one", "two", "three"].map((name) => {
  const bundle = `export default () => undefined; // ${name}\n`;
  return { bundle, hash: new Bun.CryptoHasher("sha256").update(bundle).digest("hex") };
});

export function drawScript(random: Random, slug: string, scenario: Scenario): NewScript {
  const { bundle, hash } = random.pick(BUNDLES);
  const metadata: HookMetadata = {
    name: slug,
    mode: random.chance(0.25) ? "one-shot" : "persistent",
    stage: "runAutomations",
    priority: 0,
    isolation: random.chance(0.1) ? "fresh" : "warm",
    config: { temper: random.pick(scenario.tempers) },
    limits: {
      timeout_ms: 1_000,
      concurrency: random.chance(0.25) ? random.between(2, 4) : 1,
      memory_mb: 64,
      llm_calls: 1,
      ...(random.chance(0.15) ? { debounce_ms: random.pick([500, 5_000]), ...(random.chance(0.5) ? { debounce_max_ms: 10_000 } : {}) } : {}),
      ...(random.chance(0.1) ? { throttle: { count: random.between(1, 4), per_ms: MINUTE } } : {}),
      ...(random.chance(0.1) ? { max_fires_per_hour: random.between(1, 3) } : {}),
    },
    ...(random.chance(0.7) ? { triggers: { event: { types: random.pick([["a"], ["b"], ["a", "b"], ["c", "echo"], ["a", "b", "c", "echo"]]) } } } : {}),
    ...(random.chance(0.35) ? { schedule: drawSchedule(random) } : {}),
  };
  return { slug, metadata, sourcePath: `/nowhere/${slug}.ts`, sourceHash: hash, bundle, bundleHash: hash };
}

function drawSchedule(random: Random): Schedule {
  const catch_up = random.pick(["skip", "last", "all"] as const);
  const jitter = random.chance(0.3) ? { jitter: "20s" } : {};
  if (random.chance(0.15)) return { at: new Date(BEGINNING + random.between(1, 120) * MINUTE).toISOString(), catch_up };
  return { every: random.pick(["1m", "5m", "90s", "1h"]), catch_up, ...jitter };
}

/** The events of a run, one to six at a time; one in twelve is one that was drawn before. */
export class EventSource {
  readonly #random: Random;
  readonly #now: () => number;
  /** In turns. */
  readonly #sources: readonly string[];
  #made = 0;

  constructor(random: Random, now: () => number, sources: readonly string[]) {
    this.#random = random;
    this.#now = now;
    this.#sources = sources;
  }

  draw(): NewEvent[] {
    return Array.from({ length: this.#random.between(1, 6) }, () => drawEvent(this.#random, this.#random.chance(0.08) ? this.#random.below(this.#made + 1) : ++this.#made, this.#now(), this.#sources));
  }
}

function drawEvent(random: Random, number: number, now: number, sources: readonly string[]): NewEvent {
  const source = sources[number % sources.length] ?? "sim";
  return {
    id: `${source}:${number}`,
    timestamp: now,
    received_at: now,
    type: random.pick(TYPES),
    channel: "test",
    content_types: [],
    direction: "received",
    source_adapter: source,
    source_id: String(number),
    metadata: {},
    depth: 0,
  };
}

/** How far time passes, or the wall clock is set. */
export function drawAdvance(random: Random): number {
  return random.pick([10, 1_000, 20_000, MINUTE, 5 * MINUTE, HOUR]);
}

export function drawJump(random: Random): number {
  return random.pick([-1, 1]) * random.pick([1_000, 90_000, 10 * MINUTE, 3 * HOUR, 24 * HOUR]);
}
