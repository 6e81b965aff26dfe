import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import type { Finding } from "../../core/errors.ts";
import { NexusError } from "../../core/errors.ts";

const MAX_BYTES = 1_048_576;
const EXTENSIONS = [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".jsx"];
const WORLD_WRITABLE = 0o002;
const GROUP_WRITABLE = 0o020;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;

/** The author's file, read once: what is hashed is what is checked and bundled. */
export interface ScriptSource {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly text: string;
  /** SHA-256 of the file's bytes, hex. */
  readonly hash: string;
  /** TypeScript, as opposed to JavaScript. */
  readonly typed: boolean;
  readonly findings: readonly Finding[];
}

/** Throws SCRIPT_NOT_FOUND or SCRIPT_REFUSED. */
export async function readScript(given: string): Promise<ScriptSource> {
  // Checked before the path is printed anywhere: control characters could rewrite the terminal.
  if (CONTROL.test(given)) throw refused(JSON.stringify(given), "its name has control characters", "rename the file");
  const path = await locate(given);
  if (CONTROL.test(path)) throw refused(JSON.stringify(path), "its name has control characters", "rename the file");
  const facts = await stat(path);
  refuseUnfit(path, facts);
  const bytes = await readBytes(path);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    throw refused(path, "it is not UTF-8 text", "save it as UTF-8");
  }
  return {
    path,
    text,
    hash: createHash("sha256").update(bytes).digest("hex"),
    typed: /^\.[mc]?tsx?$/.test(extname(path)),
    findings: groupWritable(path, facts),
  };
}

async function locate(given: string): Promise<string> {
  try {
    return await realpath(resolve(given));
  } catch (error) {
    const reason = error instanceof Error && Reflect.get(error, "code") === "ENOENT" ? "does not exist" : `cannot be read: ${String(error)}`;
    throw new NexusError("SCRIPT_NOT_FOUND", `the script ${resolve(given)} ${reason}`, { hint: "give the path of a .ts or .js file", cause: error });
  }
}

function refuseUnfit(path: string, facts: Stats): void {
  if (!facts.isFile()) throw refused(path, facts.isDirectory() ? "it is a folder" : "it is not a regular file", "give the path of a .ts or .js file");
  if (!EXTENSIONS.includes(extname(path))) {
    throw refused(path, `\`${extname(path) || basename(path)}\` is not the ending of a script`, `it must be one of ${EXTENSIONS.join(" ")}`);
  }
  if (facts.size > MAX_BYTES) throw refused(path, `it has ${facts.size} bytes, more than 1 MiB (${MAX_BYTES})`, "move data out of the script");
  if ((facts.mode & WORLD_WRITABLE) !== 0) throw refused(path, "everybody may write to it", `chmod o-w ${path}`);
}

async function readBytes(path: string): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw new NexusError("SCRIPT_NOT_FOUND", `the script ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  // It may have grown since it was measured.
  if (bytes.length > MAX_BYTES) throw refused(path, `it has ${bytes.length} bytes, more than 1 MiB (${MAX_BYTES})`, "move data out of the script");
  return bytes;
}

/** A warning only: with umask 002, the default of many systems, every file is like that. */
function groupWritable(path: string, facts: Stats): Finding[] {
  if ((facts.mode & GROUP_WRITABLE) === 0) return [];
  return [{ code: "SCRIPT_GROUP_WRITABLE", message: `the group may write to it; \`chmod g-w\` if others are in that group`, file: path }];
}

function refused(path: string, reason: string, hint: string): NexusError {
  return new NexusError("SCRIPT_REFUSED", `the script ${path} is refused: ${reason}`, { hint });
}
