import { configSchema, type Config } from "../../../src/engine/config.ts";
import { unconfiguredServices } from "../../../src/engine/clients/services.ts";
import { systemClock } from "../../../src/engine/core/clock.ts";
import { createIds, type IdFactory } from "../../../src/engine/core/ids.ts";
import type { HookMetadata } from "../../../src/engine/core/hook.ts";
import type { Passage, RefHook } from "../../../src/engine/core/ref.ts";
import type { UpdateOutcome } from "../../../src/engine/refs/asked.ts";
import type { ForeignJob } from "../../../src/engine/refs/actions/action.ts";
import { foreignOf } from "../../../src/engine/refs/foreign.ts";
import type { RefHost, UpdateOptions } from "../../../src/engine/refs/frame.ts";
import { registerHandler } from "../../../src/engine/refs/handler-change.ts";
import { Handlers, type HandlerOutcome } from "../../../src/engine/refs/handlers.ts";
import { createRefHook } from "../../../src/engine/refs/hook-change.ts";
import { newPassage } from "../../../src/engine/refs/new-passage.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { HookRegistry } from "../../../src/engine/registry/registry.ts";
import type { NewScript } from "../../../src/engine/registry/hook-change.ts";
import type { Isolation } from "../../../src/engine/runtime/sandbox/isolation.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { insertPassage } from "../../../src/engine/store/passages.ts";
import { refByName } from "../../../src/engine/store/refs.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { tempStore } from "../../helpers/rows.ts";

const PROCESS: Isolation = { mechanism: "none", tried: [] };

export interface SetOptions extends UpdateOptions {
  readonly hooks?: boolean;
  readonly expect?: string | null;
  readonly type?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly passageMetadata?: Readonly<Record<string, unknown>>;
}

/** Refs on a real database, with scripts in real evaluators where a hook has one. */
export class RefDesk implements AsyncDisposable {
  readonly home: string;
  readonly store: Store;
  readonly config: Config;
  readonly host: RefHost;
  readonly ids: IdFactory = createIds();
  /** Every job of foreign code. */
  readonly asked: ForeignJob[] = [];
  /** Called before foreign code runs: whether the write lock is free then, and what others do meanwhile, is a test's to say. */
  meanwhile: (job: ForeignJob) => void = () => undefined;
  readonly #temp = tempStore();
  readonly #handlers: Handlers;

  constructor(settings: object = {}) {
    this.home = this.#temp.home;
    this.store = this.#temp.store;
    this.config = configSchema.parse({ isolation: "process", ...settings });
    this.#handlers = new Handlers({ config: this.config, store: this.store, services: unconfiguredServices, isolation: () => PROCESS });
    const foreign = foreignOf(this.#handlers, { home: this.home, limits: this.config.refs, env: {}, now: Date.now });
    this.host = {
      store: this.store, config: this.config, clock: systemClock, ids: this.ids,
      transaction: (work) => this.store.write(work),
      accept: (events) => void insertEvents(this.store, events, { maxDepth: 8, maxChain: 256 }),
      foreign: async (job): Promise<HandlerOutcome> => {
        this.asked.push(job);
        this.meanwhile(job);
        return await foreign(job);
      },
    };
  }

  passage(content: string, type = "text", metadata: Readonly<Record<string, unknown>> = {}): Passage {
    return newPassage({ content, type, metadata }, { limits: this.config.refs, redactor: this.store.redactor, ids: this.ids, now: Date.now() });
  }

  addPassage(content: string, type?: string, metadata?: Readonly<Record<string, unknown>>): Passage {
    const passage = this.passage(content, type, metadata);
    this.store.write(() => insertPassage(this.store, passage));
    return passage;
  }

  /** Points a ref at a new passage. */
  set(ref_name: string, content: string, { hooks = true, expect, type, metadata, passageMetadata, ...options }: SetOptions = {}): Promise<UpdateOutcome> {
    const passage = this.passage(content, type, passageMetadata);
    return updateRefs(this.host, () => ({ writes: [{ ref_name, passage, action: "set", hooks, metadata, expect }] }), options);
  }

  delete(ref_name: string): Promise<UpdateOutcome> {
    return updateRefs(this.host, () => ({ writes: [{ ref_name, action: "delete", hooks: false }] }));
  }

  hook(ref_name: string, action_type: string, config: unknown = {}, enabled = true): RefHook {
    return createRefHook(this.store, { ref_name, action_type, config, enabled }, { limits: this.config.refs, ids: this.ids, now: Date.now(), dryRun: false }).hook;
  }

  /** A custom action from its handler's source: `({ hook, passage, refs }) => ...`. */
  action(name: string, handler: string, limits: Partial<HookMetadata["limits"]> = {}): void {
    registerHandler(this.store, "action", name, script(name, handler, limits), { upsert: true, now: Date.now(), dryRun: false });
  }

  processor(name: string, handler: string, limits: Partial<HookMetadata["limits"]> = {}): void {
    registerHandler(this.store, "processor", name, script(name, handler, limits), { upsert: true, now: Date.now(), dryRun: false });
  }

  /** A registered hook from its handler's source. */
  registered(name: string, handler: string): void {
    new HookRegistry({ store: this.store, clock: systemClock, ids: this.ids, deleteRetentionDays: 30 }).register(script(name, handler, {}), { creator: {} });
  }

  at(name: string): string | undefined {
    const ref = refByName(this.store, name);
    return ref === undefined ? undefined : (this.store.db.query<{ content: string }, [string]>("SELECT content FROM passages WHERE id = ?").get(ref.passage_id)?.content ?? "gone");
  }

  count(table: string): number {
    return this.store.db.query<{ n: number }, []>(`SELECT count(*) AS n FROM ${table}`).get()?.n ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handlers[Symbol.asyncDispose]();
    this.#temp[Symbol.dispose]();
  }
}

export function script(name: string, handler: string, limits: Partial<HookMetadata["limits"]>): NewScript {
  const bundle = `export default ${handler};\n`;
  const metadata: HookMetadata = { name, mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: { timeout_ms: 5_000, concurrency: 1, memory_mb: 256, llm_calls: 10, ...limits } };
  const hash = new Bun.CryptoHasher("sha256").update(bundle).digest("hex");
  return { slug: name, metadata, sourcePath: `/nowhere/${name}.ts`, sourceHash: hash, bundle, bundleHash: hash };
}

/** What an error of nexus says, or the text of any other. */
export async function failureOf(promise: Promise<unknown>): Promise<{ readonly code: string; readonly message: string }> {
  try {
    await promise;
  } catch (error) {
    return error instanceof Error ? { code: String(Reflect.get(error, "code") ?? error.name), message: error.message } : { code: "none", message: String(error) };
  }
  return { code: "done", message: "it did not fail" };
}
