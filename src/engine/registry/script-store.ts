import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, statSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";

/** Where the immutable copy of a bundle stands: `state/hooks/<sha256>.mjs`. */
export function scriptPath(folder: string, hash: string): string {
  return join(folder, `${hash}.mjs`);
}

/**
 * Writes the immutable copy of a bundle (0400) and returns its path. Durable before any row names it; a file that is
 * there already is verified and not written again. Throws SCRIPT_REFUSED, DATABASE_FULL or HOME_NOT_WRITABLE.
 */
export function storeScript(folder: string, bundle: string, hash: string): string {
  const path = scriptPath(folder, hash);
  if (existsSync(path)) {
    verifyScript(path, hash);
    refreshTime(path);
    return path;
  }
  const temporary = join(folder, `.${hash}.${process.pid}.tmp`);
  try {
    // One that a crash left would be in the way.
    discard(temporary);
    writeDurably(temporary, bundle);
    renameSync(temporary, path);
    syncFolder(folder);
  } catch (error) {
    discard(temporary);
    throw diskError(error, path);
  }
  return path;
}

/** Throws SCRIPT_REFUSED when the stored copy is gone, or is not what the hash in its name says. */
export function verifyScript(path: string, hash: string): void {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new NexusError("SCRIPT_REFUSED", `the stored copy ${path} cannot be read: ${messageOf(error)}`, { hint: "register the script again, or restore the file from a backup", cause: error });
  }
  if (sha256(bytes) === hash) return;
  throw new NexusError("SCRIPT_REFUSED", `${path} was changed: its content no longer has the hash in its name`, { hint: "remove the file and register the script again" });
}

export type Drift = "unchanged" | "changed" | "missing";

/** Whether the author's file is still the one that was registered. It has no influence on what runs. */
export function driftOf(version: { readonly source_path: string; readonly source_hash: string }): Drift {
  try {
    // A named pipe in its place would be read for ever.
    if (!statSync(version.source_path).isFile()) return "changed";
    return sha256(readFileSync(version.source_path)) === version.source_hash ? "unchanged" : "changed";
  } catch {
    return "missing";
  }
}

/** Retention removes a copy that no version names once it is a day old: one that a version is about to name must not be. */
function refreshTime(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // On a file system that refuses it, a copy is only removed when its version is gone for a day.
  }
}

function discard(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is not there, or the error that matters follows.
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o400);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A new name is durable only when its folder is. */
function syncFolder(folder: string): void {
  const entry = openSync(folder, "r");
  try {
    fsyncSync(entry);
  } finally {
    closeSync(entry);
  }
}

function diskError(error: unknown, path: string): unknown {
  const code: unknown = error instanceof Error ? Reflect.get(error, "code") : undefined;
  if (code === "ENOSPC" || code === "EDQUOT") return new NexusError("DATABASE_FULL", `no space left for ${path}`, { hint: "free disk space and try again", cause: error });
  if (typeof code === "string") return new NexusError("HOME_NOT_WRITABLE", `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  return error;
}

function sha256(bytes: Uint8Array): string {
  return new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
