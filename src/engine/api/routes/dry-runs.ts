import type { z } from "zod";
import { NexusError, type Finding } from "../../core/errors.ts";
import { completeMetadata } from "../../core/hook-metadata.ts";
import type { DryRunAsked, DryRunParts } from "../../dry-run.ts";
import { jsonAnswer } from "../answers.ts";
import type { ApiHost } from "../host.ts";
import { Places } from "../places.ts";
import type { Route } from "../route.ts";
import { DRY_RUN_BODY_BYTES, DRY_RUN_OVERHEAD_MS, dryRunRequestSchema } from "../wire.ts";

/** Each has an evaluator process of its own, beside those of the live hooks. */
const AT_ONCE = 2;
const MOST_WAITING = 16;
const MOST_FINDINGS = 20;

/** Evaluates a script that is not registered, with the daemon's own settings. Nothing is recorded or sent. */
export function dryRunRoute(host: ApiHost): Route {
  const places = new Places(AT_ONCE, MOST_WAITING);
  return {
    method: "POST",
    path: "/v1/dry-runs",
    answer: async (ask) => {
      if (host.trouble !== undefined) throw host.trouble;
      const parts = host.dryRunParts;
      const asked = askedBy(await ask.json(DRY_RUN_BODY_BYTES + parts.config.events.max_bytes), parts);
      ask.within(asked.script.metadata.limits.timeout_ms + DRY_RUN_OVERHEAD_MS);
      // Only now: a daemon's start does not wait for it.
      const { dryRun } = await import("../../dry-run.ts");
      using _place = await places.take(ask.signal);
      const result = await dryRun(parts, asked, ask.signal);
      // Its store was taken from under it: what it came to says nothing of the script.
      if (host.dryRunParts.store !== parts.store) throw host.trouble ?? new NexusError("DAEMON_DEGRADED", "the daemon reopened its database meanwhile", { hint: "try again" });
      return jsonAnswer(result);
    },
  };
}

function askedBy(body: unknown, { config: { hooks } }: DryRunParts): DryRunAsked {
  const parsed = dryRunRequestSchema.safeParse(body);
  if (!parsed.success) throw invalid(parsed.error);
  const { script, event_id, event, keep_state } = parsed.data;
  const { timeout_ms, concurrency, memory_mb, llm_calls, max_fires_per_hour } = hooks;
  // Contradictions were looked for where the script was prepared; of metadata that is complete already this changes nothing.
  const { metadata } = completeMetadata(script.metadata, { name: script.slug, limits: { timeout_ms, concurrency, memory_mb, llm_calls, max_fires_per_hour } });
  return {
    script: { ...(script.hook_id === undefined ? {} : { hookId: script.hook_id }), slug: script.slug, metadata, bundle: script.bundle, bundleHash: new Bun.CryptoHasher("sha256").update(script.bundle).digest("hex"), sourcePath: script.source_path },
    event: event_id === undefined ? { input: event } : { id: event_id },
    keepState: keep_state,
  };
}

function invalid(error: z.ZodError): NexusError {
  const findings = error.issues.slice(0, MOST_FINDINGS).map(({ path, message }): Finding => ({ code: "REQUEST_INVALID", message: path.length === 0 ? message : `${path.join(".")}: ${message}` }));
  return new NexusError("REQUEST_INVALID", findings[0]?.message ?? "the body is no such request", { findings });
}
