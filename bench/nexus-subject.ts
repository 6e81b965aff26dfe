import { configSchema } from "../src/engine/config.ts";
import { Engine } from "../src/engine/engine.ts";
import type { NewEvent } from "../src/engine/core/event.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../src/engine/store/open.ts";
import type { Subject, SubjectOptions } from "./subject.ts";
import { registerTrivialHooks } from "./trivial-hooks.ts";

export interface NexusOptions extends SubjectOptions {
  /** Hooks registered besides, that see none of the events. */
  readonly others: number;
  /** Whether the hooks that match do so by declared triggers. */
  readonly declared: boolean;
}

/** The engine as `nexus serve` runs it, without timers and without anyone who prints. */
export class NexusSubject implements Subject {
  onCommitted: (eventIds: readonly string[]) => void = () => undefined;
  readonly #store: Store;
  readonly #engine: Engine;

  private constructor(options: NexusOptions) {
    this.#store = openStore(options.home, { ...DEFAULT_STORE_OPTIONS, durability: options.durability, checkpoints: true });
    registerTrivialHooks(this.#store, { matching: options.hooks, others: options.others, declared: options.declared });
    this.#engine = new Engine({
      store: this.#store,
      config: configSchema.parse({ durability: options.durability }),
      timers: false,
      onRecorded: ({ invocations }) => this.onCommitted(invocations.map(({ event_id }) => event_id)),
      onFatal: (error) => {
        throw error;
      },
    });
  }

  static async open(options: NexusOptions): Promise<NexusSubject> {
    const subject = new NexusSubject(options);
    await subject.#engine.start();
    return subject;
  }

  emit(events: readonly NewEvent[]): void {
    void this.#engine.emit(events);
  }

  async close(): Promise<void> {
    await this.#engine[Symbol.asyncDispose]();
    this.#store.close();
  }
}
