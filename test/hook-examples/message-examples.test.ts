import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { StoredEvent } from "../../src/engine/core/event.ts";
import type { EventInput } from "../../src/engine/core/event-input.ts";
import { ExampleDesk } from "./example-desk.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.parse("2027-03-05T12:00:00Z");

let desk: ExampleDesk;
beforeEach(() => {
  desk = new ExampleDesk();
});
afterEach(() => desk[Symbol.dispose]());

let sent = 0;
function message(fields: EventInput): StoredEvent {
  sent += 1;
  return desk.store({ timestamp: NOON, channel: "discord", sender_id: "mira", source_id: `m${sent}`, ...fields });
}

describe("route-mentions", () => {
  test.each([
    ["@atlas please draft the changelog", "atlas", "please draft the changelog"],
    ["Could you help, @Scribe?", "scribe", "Could you help, ?"],
    ["@casey and @atlas: look", "atlas", "and : look"],
    ["thanks @atlas.", "atlas", "thanks ."],
  ])("%p goes to %s", async (text, agent, request) => {
    const route = await desk.load("route-mentions");
    const decision = await desk.decide(route, message({ content: text, thread_id: "launch" }));
    expect(decision).toMatchObject({ fire: true, routing: { agent_id: agent }, context: { extracted: { request, from: "mira" }, include_thread: true } });
    expect(decision?.context?.prompt).not.toContain("changelog");
  });

  test.each(["no mention", "@casey are you there?", "mail joe@atlas.example", "write to @atlas.example", "@atlasses", "", "@@atlas"])("%p goes to nobody", async (text) => {
    const route = await desk.load("route-mentions");
    expect(await desk.decide(route, message({ content: text }))).toMatchObject({ fire: false });
  });

  test("what the owner or an agent sent is not looked at", async () => {
    const route = await desk.load("route-mentions");
    expect(await desk.decide(route, message({ content: "@atlas hello", direction: "sent" }))).toBeUndefined();
  });
});

describe("urgent-mail", () => {
  const mail = (subject: string, content: string): StoredEvent => message({ channel: "email", sender_id: "dana@customer.example", content, metadata: { subject } });
  const never = (): Promise<string> => Promise.reject(new Error("the model must not be asked"));

  test("most mails are decided without the model", async () => {
    const urgent = await desk.load("urgent-mail");
    expect(await desk.decide(urgent, mail("Your invoice", "It is attached."), { llm: never })).toMatchObject({ fire: false });
    expect(await desk.decide(urgent, mail("URGENT: savings", "Order immediately. unsubscribe here"), { llm: never })).toMatchObject({ fire: false });
    expect(await desk.decide(urgent, message({ content: "urgent, immediately" }), { llm: never })).toBeUndefined();
  });

  test("the model decides about a mail with a hint, and sees it as data", async () => {
    const urgent = await desk.load("urgent-mail");
    const prompts: string[] = [];
    const answer = (text: string) => (prompt: string): Promise<string> => {
      prompts.push(prompt);
      return Promise.resolve(text);
    };
    expect(await desk.decide(urgent, mail("Deadline", "Tomorrow at noon"), { llm: answer('{"urgent": true}') })).toMatchObject({ fire: true, routing: { queue_mode: "interrupt" } });
    expect(await desk.decide(urgent, mail("URGENT", "immediately"), { llm: answer('{"urgent": false}') })).toMatchObject({ fire: false });
    expect(prompts[0]).toBe("<mail>\nDeadline\nTomorrow at noon\n</mail>");
  });

  test("without a model, or with a useless answer, two hints fire and one does not", async () => {
    const urgent = await desk.load("urgent-mail");
    const two = await desk.decide(urgent, mail("URGENT", "The checkout is down"));
    expect(two).toMatchObject({ fire: true, context: { extracted: { hints: ["urgent", "is down"] } } });
    expect(two?.logs.join()).toContain("no answer from a model");
    expect(await desk.decide(urgent, mail("urgent URGENT", "Urgent"))).toMatchObject({ fire: false });
    expect(await desk.decide(urgent, mail("URGENT", "asap"), { llm: () => Promise.resolve("Yes, it is!") })).toMatchObject({ fire: true });
    expect(await desk.decide(urgent, mail("URGENT", "hello"), { llm: () => Promise.resolve('{"urgent": "yes"}') })).toMatchObject({ fire: false });
  });

  test("any other failure of the model is a failure of the hook", async () => {
    const urgent = await desk.load("urgent-mail");
    const failing = { llm: () => Promise.reject(new Error("quota exceeded")) };
    await expect(desk.decide(urgent, mail("URGENT", "asap"), failing)).rejects.toThrow("quota exceeded");
  });
});

describe("no-duplicates", () => {
  const sms = (at: number, text: string, sender = "alarm"): StoredEvent => message({ channel: "sms", sender_id: sender, content: text, timestamp: at });

  test("the first of several equal texts fires, the others name it", async () => {
    const once = await desk.load("no-duplicates");
    const first = sms(NOON, "Garage: motion detected");
    const second = sms(NOON, "garage: motion detected ");
    // Both are in the ledger when the first is evaluated.
    expect(await desk.decide(once, first)).toMatchObject({ fire: true, context: { extracted: { from: "alarm" } } });
    expect(await desk.decide(once, second)).toMatchObject({ fire: false, logs: [`repeats ${first.id}`] });
  });

  test("another sender, another text, or a day later is no repetition", async () => {
    const once = await desk.load("no-duplicates");
    sms(NOON, "ping");
    expect(await desk.decide(once, sms(NOON + MINUTE, "ping", "other"))).toMatchObject({ fire: true });
    expect(await desk.decide(once, sms(NOON + MINUTE, "pong"))).toMatchObject({ fire: true });
    expect(await desk.decide(once, sms(NOON + 24 * HOUR, "ping"))).toMatchObject({ fire: true });
  });

  test("an empty text does not fire, another channel is not looked at", async () => {
    const once = await desk.load("no-duplicates");
    expect(await desk.decide(once, sms(NOON, "  "))).toMatchObject({ fire: false });
    expect(await desk.decide(once, message({ content: "ping" }))).toBeUndefined();
  });
});

describe("busy-counter", () => {
  test("fires at the eighth message within ten minutes, and then counts anew", async () => {
    const busy = await desk.load("busy-counter");
    const fires: number[] = [];
    for (let n = 1; n <= 17; n += 1) {
      const decision = await desk.decide(busy, message({ thread_id: "launch", content: `${n}`, timestamp: NOON + n * MINUTE }));
      if (decision?.fire === true) fires.push(n);
    }
    expect(fires).toEqual([8, 16]);
  });

  test("slow, scattered and threadless messages never fire, and quiet threads leave the state", async () => {
    const busy = await desk.load("busy-counter");
    for (let n = 0; n < 40; n += 1) {
      expect(await desk.decide(busy, message({ thread_id: "slow", content: "x", timestamp: NOON + n * 2 * MINUTE }))).toMatchObject({ fire: false });
      expect(await desk.decide(busy, message({ thread_id: `thread-${n}`, content: "x", timestamp: NOON + n * 2 * MINUTE }))).toMatchObject({ fire: false });
      expect(await desk.decide(busy, message({ content: "x", timestamp: NOON + n }))).toMatchObject({ fire: false });
    }
    expect([...busy.state.keys()].length).toBeLessThanOrEqual(6);
  });
});
