import { afterEach, beforeEach, expect, test } from "bun:test";
import { basename } from "node:path";
import { CONVERSATION_START, conversationEvents } from "../../src/cli/demo/conversation.ts";
import type { StoredEvent } from "../../src/engine/core/event.ts";
import { compileSchedule } from "../../src/engine/pipeline/schedule.ts";
import type { Example } from "./example-desk.ts";
import { EXAMPLES, ExampleDesk } from "./example-desk.ts";

const MINUTE = 60_000;
const START = Date.parse(CONVERSATION_START);
/** 09:00 the next morning. */
const END = START + 14 * 60 * MINUTE;

let desk: ExampleDesk;
beforeEach(() => {
  desk = new ExampleDesk();
});
afterEach(() => desk[Symbol.dispose]());

/** What happens in the night, in its order: messages, one tick a minute, and the slots of the examples' schedules. */
async function happenings(examples: readonly Example[]): Promise<{ at: number; arrive: () => StoredEvent }[]> {
  const found = conversationEvents().map((event) => ({ at: event.timestamp, arrive: () => desk.store(event) }));
  for (let at = START; at <= END; at += MINUTE) found.push({ at, arrive: () => desk.tick(at) });
  for (const example of examples) {
    const { schedule } = example.metadata;
    if (schedule === undefined) continue;
    const { next } = await compileSchedule(schedule, START);
    for (let at = next(START); at !== undefined && at <= END; at = next(at)) {
      const slot = at;
      found.push({ at, arrive: () => desk.slot(example, slot) });
    }
  }
  return found.sort((a, b) => a.at - b.at);
}

test("over the night every example has something to decide, some fire, and most decisions are no", async () => {
  const examples: Example[] = [];
  for (const path of EXAMPLES) examples.push(await desk.load(basename(path, ".ts")));
  const fires: Record<string, number[]> = {};
  const decided = new Set<string>();
  const disabled = new Set<string>();
  let decisions = 0;
  for (const { arrive } of await happenings(examples)) {
    const event = arrive();
    for (const example of examples) {
      if (disabled.has(example.slug)) continue;
      const decision = await desk.decide(example, event);
      if (decision === undefined) continue;
      decisions += 1;
      decided.add(example.slug);
      if (decision.disable_hook === true || (decision.fire && example.metadata.mode === "one-shot")) disabled.add(example.slug);
      if (decision.fire) (fires[example.slug] ??= []).push((event.timestamp - START) / MINUTE);
    }
  }
  expect(fires).toEqual({
    "busy-counter": [156],
    "casey-safety-check": [480],
    "daily-digest": [810],
    "night-watch": [240, 300, 360, 420, 505, 640, 700],
    "no-duplicates": [31, 182, 402],
    "quiet-channel": [300, 780],
    "route-mentions": [18, 154, 700],
    "urgent-mail": [175],
  });
  const github = ["github-failed-checks", "github-security-alert"];
  expect(examples.map(({ slug }) => slug).filter((slug) => !decided.has(slug)).sort()).toEqual(github);
  expect(Object.values(fires).flat().length).toBeLessThan(decisions / 10);
});

test("the conversation is in order, and nobody writes twice under one id", () => {
  const events = conversationEvents();
  expect(events.length).toBeGreaterThanOrEqual(20);
  expect(events.length).toBeLessThanOrEqual(40);
  expect(new Set(events.map(({ source_adapter, source_id }) => `${source_adapter}:${source_id}`)).size).toBe(events.length);
  expect(events.map(({ timestamp }) => timestamp)).toEqual(events.map(({ timestamp }) => timestamp).sort((a, b) => a - b));
});
