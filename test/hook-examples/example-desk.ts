import { Database } from "bun:sqlite";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { unconfiguredServices } from "../../src/engine/clients/services.ts";
import type { StoredEvent } from "../../src/engine/core/event.ts";
import { principalOf, sessionOf } from "../../src/engine/core/event.ts";
import type { EventInput } from "../../src/engine/core/event-input.ts";
import type { HookMetadata } from "../../src/engine/core/hook.ts";
import type { HookResult } from "../../src/engine/core/result.ts";
import { parseHookResult } from "../../src/engine/core/result.ts";
import { normaliseEvent } from "../../src/engine/ingest/normalise.ts";
import { bundleScript } from "../../src/engine/registry/authoring/bundle-script.ts";
import { readMetadata } from "../../src/engine/registry/authoring/metadata.ts";
import { readScript } from "../../src/engine/registry/authoring/read-script.ts";
import { mismatch } from "../../src/engine/registry/trigger-match.ts";
import { findHandler } from "../../src/engine/runtime/child/find-handler.ts";
import { provideModules } from "../../src/engine/runtime/child/modules.ts";
import { HookState, StateView } from "../../src/engine/runtime/child/state.ts";
import { insertEvents } from "../../src/engine/store/events.ts";
import type { Store } from "../../src/engine/store/open.ts";
import { openStore } from "../../src/engine/store/open.ts";
import { DEFAULT_LIMITS } from "../engine/registry/authoring/script-folder.ts";

const FOLDER = fileURLToPath(new URL("../../hook-examples/", import.meta.url));

/** Paths of all examples. */
export const EXAMPLES = readdirSync(FOLDER).filter((name) => name.endsWith(".ts")).map((name) => join(FOLDER, name));

/** An example as it would be registered: its handler from the bundle, its metadata from the registry's own reader. */
export interface Example {
  readonly id: string;
  readonly slug: string;
  readonly metadata: HookMetadata;
  readonly handler: (context: object) => unknown;
  readonly state: HookState;
}

/** What an example decided about an event; undefined when its triggers did not let the event through. */
export type Decision = (HookResult & { readonly logs: readonly string[] }) | undefined;

export interface Moment {
  /** Unix ms; default: when the event happened. */
  readonly now?: number;
  readonly llm?: (prompt: string) => Promise<string>;
}

/** A home with a real database, on which examples decide on stored events. */
export class ExampleDesk implements Disposable {
  readonly #home = mkdtempSync(join(tmpdir(), "nexus-examples-"));
  readonly #store: Store = openStore(this.#home, { durability: "normal", busyTimeoutMs: 1_000, checkpoints: false });
  readonly #reader = new Database(this.#store.path, { readonly: true });

  /** Loads an example by its slug, with a state of its own. */
  async load(slug: string): Promise<Example> {
    const script = await readScript(join(FOLDER, `${slug}.ts`));
    const { text } = await bundleScript(script);
    const path = join(this.#home, `${slug}.mjs`);
    writeFileSync(path, text);
    provideModules();
    const module = (await import(pathToFileURL(path).href)) as Readonly<Record<string, unknown>>;
    const handler = findHandler(module);
    if (handler === undefined) throw new Error(`${slug} exports no hook`);
    const exported = module["hook"] ?? module["automation"] ?? module["default"];
    const fields = typeof exported === "object" ? Object.fromEntries(Object.entries(exported ?? {}).filter(([, value]) => typeof value !== "function")) : {};
    const found = { form: "hook", fields, notData: [] } as const;
    const { metadata } = readMetadata({ script, found, flags: {}, defaultLimits: DEFAULT_LIMITS });
    return { id: `hook_${slug}`, slug: basename(slug), metadata, handler, state: new HookState({}) };
  }

  store(input: EventInput): StoredEvent {
    const now = input.timestamp === undefined ? 0 : new Date(input.timestamp).getTime();
    const event = normaliseEvent(input, { now, maxBytes: 1_048_576 });
    const [inserted] = this.#store.write(() => insertEvents(this.#store, [event], { maxDepth: 8, maxChain: 256 }));
    if (inserted === undefined || inserted.duplicate) throw new Error(`${event.id} is there already`);
    return inserted.event;
  }

  /** A slot of the example's own schedule. */
  slot(example: Example, at: number): StoredEvent {
    const event = this.store({ timestamp: at, type: "schedule", channel: "timer", source_adapter: "timer", source_id: `${example.id}:${at}`, metadata: { slot: at } });
    return { ...event, addressed_to: example.id };
  }

  tick(at: number): StoredEvent {
    const minute = at / 60_000;
    return this.store({ timestamp: at, type: "timer_tick", channel: "timer", source_adapter: "timer", source_id: `tick:${minute}`, metadata: { minute, slot: at } });
  }

  async decide(example: Example, event: StoredEvent, moment: Moment = {}): Promise<Decision> {
    const { id, slug, metadata } = example;
    const principal = principalOf(event);
    if (mismatch({ id, version: { metadata } }, event, principal) !== undefined) return undefined;
    const state = new StateView(example.state);
    const logs: string[] = [];
    const log = (text: string): void => void logs.push(text);
    const hook = { id, name: metadata.name, slug, version: 1, mode: metadata.mode, config: metadata.config, created_at: 0, created_by: null, trigger_count: 0 };
    const value = await example.handler({
      event,
      principal,
      permissions: { tools: [], credentials: [], data_access: [], personas: [] },
      session: sessionOf(event, "default"),
      dbPath: this.#store.path,
      ledger: { query: (sql: string, params: never[] = []) => this.#reader.query(sql).all(...params) },
      search: unconfiguredServices.search,
      cortex: { search: unconfiguredServices.search },
      llm: moment.llm ?? ((prompt: string) => unconfiguredServices.llm(prompt, {})),
      state,
      now: new Date(moment.now ?? event.timestamp),
      hook,
      automation: hook,
      signal: new AbortController().signal,
      log: { debug: log, info: log, warn: log, error: log },
    });
    const parsed = parseHookResult(value);
    if (!parsed.ok) throw new Error(`${slug}: ${parsed.error}`);
    if (parsed.warnings.length > 0) throw new Error(`${slug}: ${parsed.warnings.join("; ")}`);
    state.commit();
    return { ...parsed.result, logs };
  }

  [Symbol.dispose](): void {
    this.#reader.close();
    this.#store.close();
    rmSync(this.#home, { recursive: true, force: true });
  }
}
