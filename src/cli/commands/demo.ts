import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../engine/config.ts";
import type { Clock } from "../../engine/core/clock.ts";
import type { Hook } from "../../engine/core/hook.ts";
import { createIds } from "../../engine/core/ids.ts";
import { Engine } from "../../engine/engine.ts";
import { prepareScript } from "../../engine/registry/authoring/prepare-script.ts";
import { HookRegistry } from "../../engine/registry/registry.ts";
import { takeDaemonLock } from "../../engine/store/daemon-lock.ts";
import type { Store } from "../../engine/store/open.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../engine/store/open.ts";
import { prepareOptions } from "../authoring.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { exampleAgent, exampleTexts } from "../demo/assets.macro.ts" with { type: "macro" };
import { CONVERSATION_START, conversationEvents } from "../demo/conversation.ts";
import { configureAgents } from "../demo/demo-agents.ts";
import { openDemoHome } from "../demo/demo-home.ts";
import { githubWebhooks } from "../demo/github-webhooks.ts";
import { Narrator } from "../demo/narrator.ts";
import { summarise } from "../demo/summary.ts";

const MINUTE_MS = 60_000;
/** From 19:00 to 08:45 the next morning. */
const NIGHT_MINUTES = 825;

/** The demo's own time: it stands until the story goes on. */
class StoryClock implements Clock {
  #now: number;

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return performance.now();
  }

  set(now: number): void {
    this.#now = now;
  }
}

export const run: Run = async (call) => {
  const started = performance.now();
  const { path: home, resumed } = openDemoHome(textOption(call, "home"));
  const start = Date.parse(CONVERSATION_START);
  const clock = new StoryClock(start);
  const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, checkpoints: true });
  configureAgents(home, exampleAgent());
  const lock = takeDaemonLock(home, Date.now());
  try {
    const hooks = await registerExamples(store, home, clock);
    const narrator = new Narrator(hooks, store, call.json);
    await using engine = new Engine({ store, config: loadConfig(home), clock, timers: false, onRecorded: narrator.recorded, onNotice: narrator.notice });
    narrator.text(`nexus demo: ${hooks.length} example hooks in ${home}${resumed ? " (an earlier run goes on: what it decided stays decided)" : ""}`);
    await engine.start();
    await engine.drain();
    const webhooks = githubWebhooks(start);
    narrator.title(`${webhooks.length} GitHub webhooks arrive at once`);
    for (let at = 0; at < webhooks.length; at += 50) await Promise.all(webhooks.slice(at, at + 50).map((event) => engine.emitInput(event)));
    await engine.drain();
    narrator.title(`A conversation, an evening and a night: ${NIGHT_MINUTES} minutes of timer ticks`);
    await playNight(engine, clock, start);
    summarise(store, home, performance.now() - started, call.json);
  } finally {
    lock.release();
    store.close();
  }
};

async function registerExamples(store: Store, home: string, clock: Clock): Promise<Hook[]> {
  const registry = new HookRegistry({ store, clock, ids: createIds(), deleteRetentionDays: 30 });
  const folder = join(home, "examples");
  mkdirSync(folder, { recursive: true });
  const options = { ...prepareOptions(loadConfig(home), {}), now: clock.now() };
  const texts: Record<string, string> = exampleTexts();
  const hooks: Hook[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const path = join(folder, name);
    writeFileSync(path, text);
    hooks.push(registry.register(await prepareScript(path, options), { creator: { agent: "demo" } }).hook);
  }
  return hooks;
}

/** Minute by minute: what was written then, then the timers. Each minute is decided before the next begins. */
async function playNight(engine: Engine, clock: StoryClock, start: number): Promise<void> {
  const messages = Map.groupBy(conversationEvents(start), ({ timestamp }) => timestamp);
  for (let minute = 0; minute <= NIGHT_MINUTES; minute += 1) {
    const now = start + minute * MINUTE_MS;
    clock.set(now);
    for (const message of messages.get(now) ?? []) await engine.emitInput(message);
    await engine.drain();
    await engine.tick();
    await engine.drain();
  }
}
