import type { DropPolicy, EffectiveMode, QueueMode } from "../core/queue-mode.ts";

/** One dispatch that waits, as far as its queue needs to know it. */
export interface Item {
  readonly id: string;
  /** The order in which they came. */
  readonly order: number;
  readonly mode: QueueMode;
  readonly agent: string;
  /** Only items of one group may become one turn: same agent, same conversation. */
  readonly group: string;
  /** Unix ms. */
  readonly created_at: number;
  readonly not_before: number;
  /** A turn was under way when it came or while it waited. */
  readonly blocked: boolean;
  /** The running turn was asked and could not take it. */
  readonly unsteered: boolean;
}

/** One session: at most one turn, and what waits for it, in order. */
export interface SessionQueue {
  readonly running?: { readonly agent: string; readonly group: string; readonly steerable: boolean; readonly ending: boolean } | undefined;
  readonly waiting: readonly Item[];
}

export interface QueueRules {
  /** Quiet time after which what is to be collected becomes one turn, ms. */
  readonly debounceMs: number;
  /** So many may wait. */
  readonly cap: number;
  readonly drop: DropPolicy;
  /** So long an item may wait, ms. */
  readonly ttlMs: number;
}

export type Step =
  | { readonly step: "rest" }
  | { readonly step: "wait"; readonly until: number }
  | { readonly step: "start"; readonly items: readonly Item[]; readonly mode: EffectiveMode }
  | { readonly step: "steer"; readonly item: Item }
  | { readonly step: "interrupt"; readonly item: Item }
  | { readonly step: "drop" | "expire"; readonly items: readonly Item[]; readonly reason: string; /** The next turn is told of them. */ readonly tell?: true };

/**
 * What is to be done with a session now; asked again after each step, until it rests or waits. Decided for each item by
 * its own mode: one that cannot be steered keeps no other from it.
 */
export function nextStep(session: SessionQueue, rules: QueueRules, now: number): Step {
  return dropStep(session, rules, now) ?? (session.running === undefined ? startStep(session.waiting, rules, now) : busyStep(session.running, session.waiting));
}

/** What would become of one that comes now. */
export function foresee(session: SessionQueue, item: Item, rules: QueueRules, now: number): EffectiveMode | "dropped" {
  const step = nextStep({ ...session, waiting: [...session.waiting, item] }, rules, now);
  if (step.step === "drop" && step.items.includes(item)) return "dropped";
  if (step.step === "start" && step.items.includes(item)) return step.mode;
  if (step.step === "steer" && step.item === item) return "steer";
  return item.mode === "steer" ? "followup" : item.mode;
}

function dropStep({ waiting }: SessionQueue, { ttlMs, cap, drop }: QueueRules, now: number): Step | undefined {
  const old = waiting.filter(({ created_at }) => created_at + ttlMs <= now);
  if (old.length > 0) return { step: "expire", items: old, reason: `it waited for longer than queue.ttl_ms = ${ttlMs}` };
  const interrupts = waiting.filter(({ mode }) => mode === "interrupt");
  const newest = interrupts.at(-1);
  if (newest !== undefined && interrupts.length > 1) return { step: "drop", items: interrupts.slice(0, -1), reason: `superseded by ${newest.id}, which interrupts too` };
  const over = waiting.length - cap;
  if (over <= 0) return undefined;
  // What interrupts is next anyway: it is never in the way of others.
  const candidates = waiting.filter(({ mode }) => mode !== "interrupt");
  const items = drop === "new" ? candidates.slice(-over) : candidates.slice(0, over);
  return items.length === 0 ? undefined : { step: "drop", items, reason: `more than queue.cap = ${cap} waited (drop: ${drop})`, ...(drop === "summarize" ? { tell: true } : {}) };
}

function busyStep(running: NonNullable<SessionQueue["running"]>, waiting: readonly Item[]): Step {
  if (running.ending) return { step: "rest" };
  const interrupt = waiting.find(({ mode }) => mode === "interrupt");
  if (interrupt !== undefined) return { step: "interrupt", item: interrupt };
  const steer = running.steerable ? waiting.find(({ mode, group, unsteered }) => mode === "steer" && group === running.group && !unsteered) : undefined;
  return steer === undefined ? { step: "rest" } : { step: "steer", item: steer };
}

function startStep(waiting: readonly Item[], rules: QueueRules, now: number): Step {
  const interrupt = waiting.find(({ mode }) => mode === "interrupt");
  if (interrupt !== undefined) return startAlone(interrupt, now);
  const [head] = waiting;
  if (head === undefined) return { step: "rest" };
  if (head.mode !== "collect") return startAlone(head, now);
  const together = waiting.filter(({ mode, group }) => mode === "collect" && group === head.group);
  const newest = Math.max(...together.map(({ created_at }) => created_at));
  // A clock that was set back must not make the window longer than it is.
  const until = Math.max(head.not_before, together.length >= rules.cap ? 0 : Math.min(newest, now) + rules.debounceMs);
  return until > now ? { step: "wait", until } : { step: "start", items: together, mode: "collect" };
}

function startAlone(item: Item, now: number): Step {
  if (item.not_before > now) return { step: "wait", until: item.not_before };
  const mode = item.mode === "interrupt" ? "interrupt" : "followup";
  return { step: "start", items: [item], mode: item.blocked ? mode : "direct" };
}
