import { systemClock } from "../src/engine/core/clock.ts";
import type { HookMetadata, Triggers } from "../src/engine/core/hook.ts";
import { createIds } from "../src/engine/core/ids.ts";
import type { NewScript } from "../src/engine/registry/hook-change.ts";
import { HookRegistry } from "../src/engine/registry/registry.ts";
import type { Store } from "../src/engine/store/open.ts";

/** The channel of the benchmark's events. */
export const CHANNEL = "bench";

const BUNDLE = "export default async () => ({ fire: false });\n";
const HASH = new Bun.CryptoHasher("sha256").update(BUNDLE).digest("hex");

function trivial(slug: string, triggers: Triggers | undefined): NewScript {
  const metadata: HookMetadata = {
    name: slug,
    mode: "persistent",
    stage: "runAutomations",
    priority: 0,
    isolation: "warm",
    config: {},
    ...(triggers === undefined ? {} : { triggers }),
    limits: { timeout_ms: 30_000, concurrency: 1, memory_mb: 256, llm_calls: 10 },
  };
  return { slug, metadata, sourcePath: `/bench/${slug}.ts`, sourceHash: HASH, bundle: BUNDLE, bundleHash: HASH };
}

/**
 * Registers hooks that do nothing, all in one transaction: `matching` see every event of the benchmark, `others` declare
 * triggers that none of them meets. With others about, the matching ones declare triggers as well.
 */
export function registerTrivialHooks(store: Store, { matching, others = 0, declared = others > 0, prefix = "" }: { readonly matching: number; readonly others?: number; readonly declared?: boolean; readonly prefix?: string }): void {
  const registry = new HookRegistry({ store, clock: systemClock, ids: createIds(), deleteRetentionDays: 30 });
  const register = (script: NewScript): void => void registry.register(script, { creator: { agent: "bench" } });
  store.write(() => {
    for (let n = 0; n < matching; n += 1) {
      // Spread among the others: neither the first nor the last to be found.
      for (let other = Math.floor((others * n) / matching); other < Math.floor((others * (n + 1)) / matching); other += 1) register(trivial(`${prefix}other-${other}`, elsewhere(other)));
      register(trivial(`${prefix}match-${n}`, declared ? { event: { channels: [CHANNEL], types: ["message"] } } : undefined));
    }
  });
}

/** Conditions like those of real hooks, all of them for somebody else: another channel, sender, thread, source, type. */
function elsewhere(n: number): Triggers {
  switch (n % 5) {
    case 0:
      return { event: { channels: [`channel-${n % 40}`] } };
    case 1:
      return { event: { channels: [CHANNEL], sender_id: `nobody-${n}` } };
    case 2:
      return { event: { channels: [CHANNEL], types: ["message"], thread_id: `nowhere-${n}` } };
    case 3:
      return { principal: { type: "webhook", source: `source-${n % 100}` } };
    default:
      return { event: { channels: [CHANNEL], metadata: { "repository.name": `repository-${n}` } } };
  }
}
