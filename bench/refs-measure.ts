import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unconfiguredServices } from "../src/engine/clients/services.ts";
import { configSchema } from "../src/engine/config.ts";
import { createIds } from "../src/engine/core/ids.ts";
import type { HookMetadata } from "../src/engine/core/hook.ts";
import { commandHost } from "../src/engine/refs/command-host.ts";
import { registerHandler } from "../src/engine/refs/handler-change.ts";
import { createRefHook } from "../src/engine/refs/hook-change.ts";
import { newPassage } from "../src/engine/refs/new-passage.ts";
import { updateRefs } from "../src/engine/refs/update.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../src/engine/store/open.ts";
import { percentile } from "./statistics.ts";

/** What one fresh process measures of updates of refs; prints one JSON object. */
export type RefsTask = { readonly load: "floor" | "hooks" | "script"; readonly hooks: number; readonly durability: "full" | "normal" };

const UPDATES = 1_000;
const SCRIPTED = 300;
const WARM_UP = 50;

/** The least that moves a ref durably: its passage, where it points, and a row of history, in one transaction. */
function floor(store: Store, count: number): () => Promise<void> {
  const ids = createIds();
  let n = 0;
  let before: string | null = null;
  return () => {
    store.write(() => {
      const [passage, update] = [ids.make("psg", n), ids.make("upd", n)];
      const content = `passage ${(n += 1)} of ${count}`;
      const hash = new Bun.CryptoHasher("sha256").update(content).digest("hex");
      store.db.query("INSERT INTO passages(id, content, type, hash, created_at) VALUES (?, ?, 'text', ?, ?)").run(passage, content, hash, n);
      store.db.query("INSERT INTO refs(name, passage_id, update_id, created_at, updated_at) VALUES ('a', ?1, ?2, ?3, ?3) ON CONFLICT(name) DO UPDATE SET passage_id = excluded.passage_id, update_id = excluded.update_id, updated_at = excluded.updated_at").run(passage, update, n);
      store.db.query("INSERT INTO ref_history(id, ref_name, passage_id, previous_passage_id, transaction_id, depth, action, hooks, created_at) VALUES (?1, 'a', ?2, ?3, ?1, 0, 'set', 'none', ?4)").run(update, passage, before, n);
      before = passage;
    });
    return Promise.resolve();
  };
}

async function main({ load, hooks, durability }: RefsTask): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "nexus-bench-"));
  const store = openStore(home, { ...DEFAULT_STORE_OPTIONS, durability, checkpoints: true });
  try {
    const config = configSchema.parse({ durability, isolation: "process" });
    const ids = createIds();
    await using host = commandHost({ store, home, config, services: unconfiguredServices });
    if (load === "script") register(store);
    for (let n = 0; n < hooks; n += 1) {
      const [action_type, settings] = load === "script" ? ["nothing", {}] : ["audit_log", { destination: `log ${n}` }];
      createRefHook(store, { ref_name: "a", action_type, config: settings, enabled: true }, { limits: config.refs, ids, now: n, dryRun: false });
    }
    const update = async (n: number): Promise<void> => {
      const passage = newPassage({ content: `passage ${n}` }, { limits: config.refs, redactor: store.redactor, ids, now: Date.now() });
      await updateRefs(host, () => ({ writes: [{ ref_name: "a", passage, action: "set", hooks: true }] }));
    };
    const count = load === "script" ? SCRIPTED : UPDATES;
    const one = load === "floor" ? floor(store, count) : update;
    for (let n = 0; n < WARM_UP; n += 1) await one(n);
    const took: number[] = [];
    const started = performance.now();
    for (let n = 0; n < count; n += 1) {
      const begun = performance.now();
      await one(n);
      took.push(performance.now() - begun);
    }
    const seconds = (performance.now() - started) / 1_000;
    process.stdout.write(`${JSON.stringify({ updates_per_s: count / seconds, p50_ms: percentile(took, 0.5), p99_ms: percentile(took, 0.99) })}\n`);
  } finally {
    store.close();
    rmSync(home, { recursive: true, force: true });
  }
}

function register(store: Store): void {
  const bundle = "export default () => undefined;\n";
  const hash = new Bun.CryptoHasher("sha256").update(bundle).digest("hex");
  const metadata: HookMetadata = { name: "nothing", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: { timeout_ms: 30_000, concurrency: 1, memory_mb: 256, llm_calls: 0 } };
  registerHandler(store, "action", "nothing", { slug: "nothing", metadata, sourcePath: "/bench/nothing.ts", sourceHash: hash, bundle, bundleHash: hash }, { upsert: false, now: 1, dryRun: false });
}

await main(JSON.parse(process.argv[2] ?? "{}") as RefsTask);
