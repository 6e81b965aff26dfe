import { readdirSync } from "node:fs";
import { NexusError } from "../../../src/engine/core/errors.ts";
import type { Hook, HookMetadata } from "../../../src/engine/core/hook.ts";
import { createIds } from "../../../src/engine/core/ids.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";
import type { NewScript } from "../../../src/engine/registry/hook-change.ts";
import { HookRegistry } from "../../../src/engine/registry/registry.ts";
import { ledgerEnd } from "../../../src/engine/store/activations.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { hookBySlug, saveRuntimeState } from "../../../src/engine/store/hooks.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../../../src/engine/store/open.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { tempHome } from "../../helpers/temp-home.ts";

export const BY = { creator: { agent: "atlas", session: "s1" } };

/** A registry on a home of its own, without an engine. */
export class RegistryDesk {
  readonly clock = new FakeClock("2026-01-01T00:00:00Z");
  readonly home = tempHome();
  readonly store: Store = openStore(this.home.path, { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
  readonly registry = new HookRegistry({ store: this.store, clock: this.clock, ids: createIds(), deleteRetentionDays: 30 });

  hook(slug: string): Hook {
    const hook = hookBySlug(this.store, slug);
    if (hook === undefined) throw new Error(`no hook ${slug}`);
    return hook;
  }

  /** Stores events that nobody evaluates; their `seq`s follow the ledger's end. */
  events(count: number): void {
    const start = ledgerEnd(this.store);
    const events = Array.from({ length: count }, (_, n) => normaliseEvent({ id: `e:${start + n}` }, { now: this.clock.now(), maxBytes: 10_000 }));
    this.store.write(() => insertEvents(this.store, events, { maxDepth: 8, maxChain: 256 }));
  }

  /** As the daemon leaves a hook that failed five times. */
  openBreaker(slug: string): void {
    const hook = this.hook(slug);
    this.store.write(() => saveRuntimeState(this.store, { ...hook, status: "paused", consecutive_errors: 5, circuit_state: "open", circuit_opened_at: this.clock.now(), circuit_generation: hook.circuit_generation + 1, last_error: "it failed" }));
  }

  /** Everything that is kept: all rows of all tables, and the names of the stored scripts. */
  everything(): string {
    const tables = this.store.db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'events_fts%' ORDER BY name").all();
    return JSON.stringify([...tables.map(({ name }) => [name, this.store.db.query(`SELECT * FROM ${name}`).all()]), readdirSync(this.store.hooksFolder).sort()]);
  }

  [Symbol.dispose](): void {
    this.store.close();
    this.home[Symbol.dispose]();
  }
}

/** A script as the authoring room hands it over. */
export function scriptOf(slug: string, body = "() => undefined", parts: Partial<HookMetadata> = {}): NewScript {
  const bundle = `export default ${body};\n`;
  const hash = new Bun.CryptoHasher("sha256").update(bundle).digest("hex");
  const metadata: HookMetadata = {
    name: slug,
    mode: "persistent",
    stage: "runAutomations",
    priority: 0,
    isolation: "warm",
    config: {},
    limits: { timeout_ms: 5_000, concurrency: 1, memory_mb: 256, llm_calls: 10 },
    ...parts,
  };
  return { slug, metadata, sourcePath: `/scripts/${slug}.ts`, sourceHash: hash, bundle, bundleHash: hash };
}

/** The error that `body` is refused with. */
export function refusal(body: () => unknown): NexusError {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error("it was not refused");
}
