import { constants } from "node:fs";
import { mkdir, open, realpath, type FileHandle } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { OutboundOf } from "../../core/outbound-settings.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { failure } from "./failure.ts";
import type { SendResult } from "./outbound.ts";

/** No link at the end is followed, and no device or FIFO waited for. Reading is for the last byte. */
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

const PASSING = ["ENOSPC", "EDQUOT", "EIO", "EMFILE", "ENFILE", "EAGAIN", "EINTR", "ESTALE", "ETIMEDOUT", "EBUSY"];

/** Appends the message as a JSON line, synced before it counts as sent. */
export function fileAdapter(settings: OutboundOf<"file">, place: Place): Adapter {
  let last: Promise<unknown> = Promise.resolve();
  return {
    // One after the other: a line that is just being written looks like one that was cut.
    send: (attempt) => {
      const sending = last.then(() => send(settings, place, attempt));
      last = sending;
      return sending;
    },
  };
}

async function send(settings: OutboundOf<"file">, place: Place, { message, signal }: Attempt): Promise<SendResult> {
  try {
    const path = await realPath(settings.path, place);
    if (typeof path !== "string") return failure("OUTBOUND_MISCONFIGURED", `${place.name}.path: ${settings.path} ${path.refused}`);
    // What nobody waits for any more must not appear later.
    signal.throwIfAborted();
    await using file = await open(path, FLAGS, 0o600);
    const facts = await file.stat();
    if (!facts.isFile()) return failure("OUTBOUND_MISCONFIGURED", `${place.name}.path: ${settings.path} is no regular file`);
    await appendLine(file, facts.size, JSON.stringify(message));
    if (facts.size === 0) await syncFolder(dirname(path));
    return { sent: true };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    return failure(PASSING.includes(code) ? "OUTBOUND_UNREACHABLE" : "OUTBOUND_MISCONFIGURED", `${place.name}.path: ${settings.path} cannot be written (${code})`);
  }
}

/** Makes the folders. What stands relative to the home stays in it, and nothing is written among the state of nexus. */
async function realPath(given: string, place: Place): Promise<string | { readonly refused: string }> {
  const home = await realpath(place.home);
  const wanted = resolve(home, given);
  const leaves = { refused: "leaves the home; give an absolute path if that is meant" };
  if (!isAbsolute(given) && !isInside(wanted, home)) return leaves;
  // Before anything is made.
  if (isOwn(wanted, home)) return { refused: "is a file of nexus" };
  await mkdir(dirname(wanted), { recursive: true, mode: 0o700 });
  const path = join(await realpath(dirname(wanted)), basename(wanted));
  if (!isAbsolute(given) && !isInside(path, home)) return leaves;
  return isOwn(path, home) ? { refused: "is a file of nexus" } : path;
}

/** To open and close the database's files would drop the locks that SQLite has on them. */
function isOwn(path: string, home: string): boolean {
  const state = join(home, "state");
  return path === home || path === state || isInside(path, state) || path === join(home, "config.toml");
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** One write, so that lines of several writers do not mix. A line that a full disk or a crash cut is ended first. */
async function appendLine(file: FileHandle, size: number, line: string): Promise<void> {
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  const bytes = Buffer.from(size > 0 && last.toString() !== "\n" ? `\n${line}\n` : `${line}\n`);
  const { bytesWritten } = await file.write(bytes);
  if (bytesWritten < bytes.length) throw Object.assign(new Error("the line was cut"), { code: "ENOSPC" });
  await file.sync();
}

/** A new name is on the disk when its folder is. */
async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path, constants.O_RDONLY);
  await folder.sync();
}
