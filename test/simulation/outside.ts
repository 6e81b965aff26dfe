import { NexusError } from "../../src/engine/core/errors.ts";
import type { Hook } from "../../src/engine/core/hook.ts";
import type { IdFactory } from "../../src/engine/core/ids.ts";
import { HookRegistry, type Change } from "../../src/engine/registry/registry.ts";
import { insertEvents } from "../../src/engine/store/events.ts";
import { listHooks } from "../../src/engine/store/hooks.ts";
import type { Random } from "./random.ts";
import { drawScript, type EventSource, type Scenario } from "./scenario.ts";
import type { SimLoop } from "./sim-loop.ts";
import type { SimStore } from "./sim-store.ts";

const CREATOR = { agent: "sim" };

/** What other processes do: commands on hooks, events stored beside the daemon, each in a transaction of its own. */
export class Outside {
  readonly #random: Random;
  readonly #scenario: Scenario;
  readonly #store: SimStore;
  readonly #registry: HookRegistry;
  readonly #changed: (change: Change, operation: string) => void;
  readonly #events: EventSource;
  #names = 0;

  constructor(parts: { random: Random; scenario: Scenario; events: EventSource; store: SimStore; loop: SimLoop; ids: IdFactory; changed: (change: Change, operation: string) => void }) {
    this.#random = parts.random;
    this.#scenario = parts.scenario;
    this.#events = parts.events;
    this.#store = parts.store;
    this.#registry = new HookRegistry({ store: parts.store, clock: parts.loop, ids: parts.ids, deleteRetentionDays: 30 });
    this.#changed = parts.changed;
  }

  register(): void {
    const slug = `h${++this.#names}`;
    this.#do("register", () => this.#registry.register(drawScript(this.#random, slug, this.#scenario), { creator: CREATOR }));
  }

  /** Ids of the events it stored. */
  emit(): string[] {
    const events = this.#events.draw();
    const { max_depth: maxDepth, max_chain: maxChain } = this.#scenario.config.events;
    this.#store.write(() => insertEvents(this.#store, events, { maxDepth, maxChain }));
    return events.map(({ id }) => id);
  }

  /** Any operation on any hook; one that is refused changes nothing. */
  anything(): void {
    const hook = this.#pick(false);
    if (hook === undefined || this.#random.chance(0.15)) return this.register();
    const { slug } = hook;
    switch (this.#random.below(8)) {
      case 0:
      case 1:
        return this.#do("update", () => this.#registry.update(slug, drawScript(this.#random, slug, this.#scenario), { creator: CREATOR, keepState: this.#random.chance(0.5) }));
      case 2:
        return this.#do("rollback", () => this.#registry.rollback(slug, { creator: CREATOR, keepState: this.#random.chance(0.5) }));
      case 3:
        return this.#do("disable", () => this.#registry.disable(slug, { creator: CREATOR }));
      case 4:
      case 5:
        return this.#do("enable", () => this.#registry.enable(slug, { creator: CREATOR }));
      case 6:
        return this.#do("delete", () => this.#registry.remove(slug, { creator: CREATOR }));
      default: {
        const deleted = this.#pick(true);
        if (deleted !== undefined) this.#do("restore", () => this.#registry.restore(deleted.id, { creator: CREATOR }));
      }
    }
  }

  #pick(deleted: boolean): Hook | undefined {
    const hooks = listHooks(this.#store, { deleted });
    return hooks.length === 0 ? undefined : this.#random.pick(hooks);
  }

  #do(operation: string, act: () => Change): void {
    try {
      const change = act();
      if (change.changed) this.#changed(change, operation);
    } catch (error) {
      if (!(error instanceof NexusError)) throw error;
    }
  }
}
