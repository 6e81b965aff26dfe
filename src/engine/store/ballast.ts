import { closeSync, fsyncSync, openSync, rmSync, statfsSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Written in pieces of this, bytes. */
const PIECE_BYTES = 1_048_576;

/**
 * A file of zeros in the state folder. On a full disk not even a DELETE or a checkpoint of SQLite's works (measured), so
 * there must be something to give up: its space lets what is under way be recorded, and old rows be cleaned up.
 */
export class Ballast {
  readonly #path: string;
  readonly #folder: string;
  readonly #bytes: number;

  constructor(folder: string, bytes: number) {
    this.#folder = folder;
    this.#path = join(folder, "ballast");
    this.#bytes = bytes;
  }

  /** Free bytes on the disk, for one who is not root. */
  get free(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  get isThere(): boolean {
    return sizeOf(this.#path) >= this.#bytes;
  }

  /** Puts it in place where there is room for it twice; says whether it is there now. */
  restore(): boolean {
    if (this.isThere) return true;
    if (this.free < this.#bytes * 2) return false;
    const file = openSync(this.#path, "w", 0o600);
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      for (let left = this.#bytes; left > 0; left -= PIECE_BYTES) writeSync(file, piece, 0, Math.min(left, PIECE_BYTES));
      fsyncSync(file);
      return true;
    } catch {
      // The disk filled up meanwhile: half a ballast only takes room.
      rmSync(this.#path, { force: true });
      return false;
    } finally {
      closeSync(file);
    }
  }

  /** Gives the space back to the disk. */
  release(): void {
    rmSync(this.#path, { force: true });
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return -1;
  }
}
