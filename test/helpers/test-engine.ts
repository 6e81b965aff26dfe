import { configSchema } from "../../src/engine/config.ts";
import type { Clock } from "../../src/engine/core/clock.ts";
import { systemClock } from "../../src/engine/core/clock.ts";
import type { Dispatch } from "../../src/engine/core/dispatch.ts";
import type { Hook, HookMetadata } from "../../src/engine/core/hook.ts";
import { createIds } from "../../src/engine/core/ids.ts";
import type { Invocation } from "../../src/engine/core/invocation.ts";
import type { Notice } from "../../src/engine/core/notice.ts";
import type { EngineOptions } from "../../src/engine/engine-options.ts";
import { Engine } from "../../src/engine/engine.ts";
import type { Isolation } from "../../src/engine/runtime/sandbox/isolation.ts";
import type { Services } from "../../src/engine/clients/services.ts";
import { bundleScript } from "../../src/engine/registry/authoring/bundle-script.ts";
import { readScript } from "../../src/engine/registry/authoring/read-script.ts";
import type { NewScript } from "../../src/engine/registry/hook-change.ts";
import { HookRegistry } from "../../src/engine/registry/registry.ts";
import { findHook } from "../../src/engine/registry/find-hook.ts";
import { invocationsOf } from "../../src/engine/store/invocation-queries.ts";
import { listDispatches } from "../../src/engine/store/dispatches.ts";
import type { Start } from "../../src/engine/store/epoch.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../../src/engine/store/open.ts";
import { tempHome } from "./temp-home.ts";

type DeepPartial<T> = { [K in keyof T]?: T[K] extends object ? DeepPartial<T[K]> : T[K] };
type MetadataParts = Partial<Omit<HookMetadata, "limits">> & { limits?: Partial<HookMetadata["limits"]> };

export interface TestEngineOptions {
  readonly clock?: Clock;
  readonly config?: DeepPartial<ReturnType<typeof configSchema.parse>>;
  readonly services?: Services;
  /** Instead of real agents and adapters. */
  readonly broker?: EngineOptions["broker"];
  /** Default: a process without a sandbox, as `isolation = "process"`. */
  readonly isolation?: Isolation;
  readonly timers?: boolean;
  /** How the store says that this start came about; see store/epoch.ts. */
  readonly start?: (store: Store) => Start;
  /** After each commit with results, before what is new is given out. */
  readonly recorded?: () => void;
  /** An existing home, to start again where another engine ended. */
  readonly home?: string;
}

/** A real engine on a real database in a home of its own, with what a test asks of it. */
export class TestEngine {
  readonly store: Store;
  readonly registry: HookRegistry;
  readonly engine: Engine;
  readonly notices: Notice[] = [];
  readonly stray: string[] = [];
  readonly #home: { readonly path: string; [Symbol.dispose](): void };
  readonly #clock: Clock;
  #events = 0;
  #watchers: (() => void)[] = [];

  private constructor(options: TestEngineOptions) {
    this.#home = options.home === undefined ? tempHome() : { path: options.home, [Symbol.dispose]: () => undefined };
    this.#clock = options.clock ?? systemClock;
    this.store = openStore(this.#home.path, { ...DEFAULT_STORE_OPTIONS, durability: "normal", checkpoints: true });
    this.registry = new HookRegistry({ store: this.store, clock: this.#clock, ids: createIds(), deleteRetentionDays: 30 });
    this.engine = new Engine({
      store: this.store,
      config: configSchema.parse({ isolation: "process", ...options.config }),
      ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
      clock: this.#clock,
      timers: options.timers ?? false,
      ...(options.start === undefined ? {} : { start: options.start(this.store) }),
      ...(options.broker === undefined ? {} : { broker: options.broker }),
      ...(options.services === undefined ? {} : { services: options.services }),
      onRecorded: ({ notices }) => {
        options.recorded?.();
        this.notices.push(...notices);
        for (const watcher of this.#watchers) watcher();
      },
      onNotice: (notice) => {
        this.notices.push(notice);
        for (const watcher of this.#watchers) watcher();
      },
      onStray: (text) => this.stray.push(text),
      onFatal: (error) => {
        throw error;
      },
    });
  }

  /** Ready, but not looking for work yet: `start` it. */
  static open(options: TestEngineOptions = {}): TestEngine {
    return new TestEngine(options);
  }

  static async start(options: TestEngineOptions = {}): Promise<TestEngine> {
    const opened = new TestEngine(options);
    await opened.engine.start();
    return opened;
  }

  get home(): string {
    return this.#home.path;
  }

  /** Registers a handler's source (`ctx => ...`) without the authoring that other tests cover. */
  register(name: string, handler: string, parts: MetadataParts = {}): Hook {
    return this.registry.register(script(name, handler, parts), { creator: { agent: "atlas" } }).hook;
  }

  /** Registers a file of `test/zoo/hooks` or the like, bundled as the author's would be. */
  async registerFile(name: string, path: string, parts: MetadataParts = {}): Promise<Hook> {
    const { text } = await bundleScript(await readScript(path));
    return this.registry.register(fromBundle(name, text, parts), { creator: { agent: "atlas" } }).hook;
  }

  update(name: string, handler: string, parts: MetadataParts = {}): Hook {
    return this.registry.update(name, script(name, handler, parts), { creator: { agent: "atlas" }, keepState: false }).hook;
  }

  hook(name: string): Hook {
    return findHook(this.store, name);
  }

  /** Emits `count` messages in one commit; their contents are `0`, `1`, ... */
  async messages(count: number, parts: object = {}): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) {
      const number = this.#events++;
      const [accepted] = await this.engine.emitInput({ id: `test:${number}`, content: String(number), channel: "test", ...parts });
      if (accepted !== undefined) ids.push(accepted.event.id);
    }
    return ids;
  }

  /** As `messages`, all in one transaction. */
  async burst(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.messages(1)));
  }

  drain(): Promise<void> {
    return this.engine.drain();
  }

  /** Oldest first. */
  invocations(name: string): Invocation[] {
    return invocationsOf(this.store, this.hook(name).id, { limit: 100_000 }).reverse();
  }

  outcomes(name: string): string[] {
    return this.invocations(name).map(({ outcome }) => outcome);
  }

  dispatches(): Dispatch[] {
    return listDispatches(this.store, { limit: 100_000 }).reverse();
  }

  /** Resolves as soon as the condition holds; looked at after every commit and notice. */
  async until(condition: () => boolean): Promise<void> {
    if (condition()) return;
    await new Promise<void>((resolve) => {
      this.#watchers.push(() => {
        if (condition()) resolve();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#home[Symbol.dispose]();
  }

  /** Ends the engine and leaves the home for the next. */
  async stop(): Promise<void> {
    await this.engine[Symbol.asyncDispose]();
    this.store.close();
  }
}

function script(name: string, handler: string, parts: MetadataParts): NewScript {
  return fromBundle(name, `export default ${handler};\n`, parts);
}

function fromBundle(name: string, bundle: string, { limits, ...rest }: MetadataParts): NewScript {
  const metadata: HookMetadata = {
    name,
    mode: "persistent",
    stage: "runAutomations",
    priority: 0,
    isolation: "warm",
    config: {},
    limits: { timeout_ms: 5_000, concurrency: 1, memory_mb: 256, llm_calls: 10, ...limits },
    ...rest,
  };
  const hash = new Bun.CryptoHasher("sha256").update(bundle).digest("hex");
  return { slug: name, metadata, sourcePath: `/nowhere/${name}.ts`, sourceHash: hash, bundle, bundleHash: hash };
}
