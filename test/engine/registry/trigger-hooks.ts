import type { Hook, HookMetadata } from "../../../src/engine/core/hook.ts";
import { T0 } from "../../helpers/rows.ts";

/** An active hook `hook_NAME` with nothing special but its conditions. */
export function hookWith(name: string, conditions: Pick<HookMetadata, "triggers" | "schedule"> = {}): Hook {
  const metadata: HookMetadata = {
    name,
    mode: "persistent",
    stage: "runAutomations",
    priority: 0,
    isolation: "warm",
    config: {},
    limits: { timeout_ms: 1_000, concurrency: 1, memory_mb: 256, llm_calls: 10 },
    ...conditions,
  };
  return {
    id: `hook_${name}`,
    slug: name,
    status: "active",
    version: { id: `ver_${name}`, hook_id: `hook_${name}`, version: 1, script_path: "", script_hash: "", source_path: "", source_hash: "", metadata, creator: {}, created_at: T0 },
    creator: {},
    created_at: T0,
    updated_at: T0,
    trigger_count: 0,
    consecutive_errors: 0,
    circuit_state: "closed",
    circuit_generation: 0,
  };
}
