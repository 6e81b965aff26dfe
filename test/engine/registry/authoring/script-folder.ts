import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { NexusError } from "../../../../src/engine/core/errors.ts";
import type { Limits } from "../../../../src/engine/core/hook.ts";
import { inspectBundle } from "../../../../src/engine/registry/authoring/inspect.ts";
import type { PreparedScript, PrepareOptions } from "../../../../src/engine/registry/authoring/prepare-script.ts";
import { prepareScript, validateScript } from "../../../../src/engine/registry/authoring/prepare-script.ts";

export const DEFAULT_LIMITS: Limits = { timeout_ms: 30_000, concurrency: 1, memory_mb: 256, llm_calls: 10 };

/** Starts the `__inspect` mode alone, without the rest of the program. */
export const INSPECT_COMMAND: readonly string[] = [process.execPath, fileURLToPath(new URL("./inspect-entry.ts", import.meta.url))];

export const FIXTURES = fileURLToPath(new URL("../../../fixtures/scripts/", import.meta.url));

export function prepareOptions(more: Partial<PrepareOptions> = {}): PrepareOptions {
  return {
    flags: {},
    now: Date.parse("2027-01-01T00:00:00Z"),
    defaultLimits: DEFAULT_LIMITS,
    loadTimeoutMs: 5_000,
    inspect: (bundle, options) => inspectBundle(bundle, { ...options, mechanism: "none", command: INSPECT_COMMAND }),
    programPath: process.env["PATH"] ?? "",
    validateSchedule: () => undefined,
    ...more,
  };
}

/** A temporary folder of scripts. */
export class ScriptFolder implements Disposable {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "nexus-scripts-")));

  write(name: string, text: string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    chmodSync(path, 0o644);
    return path;
  }

  prepare(name: string, text: string, more: Partial<PrepareOptions> = {}): Promise<PreparedScript> {
    return prepareScript(this.write(name, text), prepareOptions(more));
  }

  /** The error of a script that must be refused. */
  async refusal(name: string, text: string, more: Partial<PrepareOptions> = {}): Promise<NexusError> {
    return await errorOf(this.prepare(name, text, more));
  }

  /** Findings as `CODE line: message`. */
  async validate(name: string, text: string, more: Partial<PrepareOptions> = {}): Promise<string[]> {
    const { findings } = await validateScript(this.write(name, text), prepareOptions(more));
    return findings.map((finding) => `${finding.code} ${finding.line ?? "-"}: ${finding.message}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export async function errorOf(promise: Promise<unknown>): Promise<NexusError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof NexusError) return error;
    throw error;
  }
  throw new Error("expected a NexusError, and nothing was thrown");
}
