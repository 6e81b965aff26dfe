import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Floor } from "./floor.ts";
import { type EventKind, Loads } from "./loads.ts";
import { NexusSubject } from "./nexus-subject.ts";
import type { Subject } from "./subject.ts";

/** What one fresh process measures; prints one JSON object. */
export interface Task {
  readonly subject: "floor" | "floor-before" | "nexus";
  readonly load: "saturated" | "one" | "rate" | "both";
  readonly hooks: number;
  /** nexus only: hooks that see none of the events. */
  readonly others?: number;
  readonly declared?: boolean;
  readonly durability: "full" | "normal";
  /** Default: message. */
  readonly kind?: EventKind;
  /** Of the load `rate`. */
  readonly eventsPerSecond?: number;
}

const SATURATED_EVENTS = 20_000;
const SINGLE_EVENTS = 500;
/** Of the load `both`, which is for two sizes of registry. */
const BOTH_EVENTS = 10_000;
const BOTH_SINGLE = 300;
const RATE_SECONDS = 2;

async function open(task: Task, home: string): Promise<Subject> {
  const { hooks, durability } = task;
  if (task.subject === "nexus") return NexusSubject.open({ home, hooks, durability, others: task.others ?? 0, declared: task.declared ?? false });
  return Floor.open({ home, hooks, durability, events: task.subject === "floor" ? "with" : "before" });
}

async function measure(task: Task, loads: Loads): Promise<object> {
  switch (task.load) {
    case "saturated":
      return loads.saturated(SATURATED_EVENTS);
    case "one":
      return loads.oneAtATime(SINGLE_EVENTS);
    case "both":
      return { ...(await loads.saturated(BOTH_EVENTS)), ...(await loads.oneAtATime(BOTH_SINGLE)) };
    case "rate":
      return loads.atRate(task.eventsPerSecond ?? 1_000, RATE_SECONDS);
  }
}

async function main(task: Task): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  try {
    const subject = await open(task, home);
    const loads = new Loads(subject, task.hooks, task.kind ?? "message");
    await loads.warmUp();
    const result = await measure(task, loads);
    await subject.close();
    process.stdout.write(`${JSON.stringify(result)}\n`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

await main(JSON.parse(process.argv[2] ?? "{}") as Task);
