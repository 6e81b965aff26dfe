import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";

/**
 * Writes the immutable copy of a bundle, `state/hooks/<sha256>.mjs` (0400), and returns its path. Durable before any
 * row names it; a file that is there already must have the content its name says.
 */
export function storeScript(folder: string, bundle: string, hash: string): string {
  const path = join(folder, `${hash}.mjs`);
  if (existsSync(path)) {
    if (sha256(readFileSync(path)) === hash) return path;
    throw new NexusError("SCRIPT_REFUSED", `${path} was changed: its content no longer has the hash in its name`, { hint: "remove the file and register again" });
  }
  const temporary = join(folder, `.${hash}.${process.pid}.tmp`);
  const file = openSync(temporary, "w", 0o400);
  try {
    writeSync(file, bundle);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
  const entry = openSync(folder, "r");
  try {
    fsyncSync(entry);
  } finally {
    closeSync(entry);
  }
  return path;
}

export type Drift = "unchanged" | "changed" | "missing";

/** Whether the author's file is still the one that was registered. It has no influence on what runs. */
export function driftOf(version: { readonly source_path: string; readonly source_hash: string }): Drift {
  try {
    return sha256(readFileSync(version.source_path)) === version.source_hash ? "unchanged" : "changed";
  } catch {
    return "missing";
  }
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}
