import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";

/** What the first 100 bytes of a SQLite file say. Read by hand: SQLite itself may write to a file when it opens it. */
export interface DatabaseHeader {
  /** Size of the file. */
  readonly bytes: number;
  readonly pageSize: number;
  /** How many pages it should have; undefined when the field was left stale by an old writer. */
  readonly pages: number | undefined;
  readonly applicationId: number;
  readonly userVersion: number;
  readonly isWal: boolean;
}

export type DatabaseFile =
  | { readonly kind: "missing" | "empty" | "not a file" | "not SQLite" }
  | { readonly kind: "SQLite"; readonly header: DatabaseHeader };

const HEADER_BYTES = 100;
const MAGIC = Buffer.from("SQLite format 3\u0000", "latin1");

/** Opens nothing that blocks, changes nothing. Throws only what the file system does (no permission, ...). */
export function readDatabaseFile(path: string): DatabaseFile {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return { kind: "missing" };
  // A FIFO would wait for a writer, a folder cannot be read.
  if (!found.isFile()) return { kind: "not a file" };
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return { kind: "empty" };
    const bytes = Buffer.alloc(HEADER_BYTES);
    if (readSync(file, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return { kind: "not SQLite" };
    const header = parseHeader(bytes, size);
    return header === undefined ? { kind: "not SQLite" } : { kind: "SQLite", header };
  } finally {
    closeSync(file);
  }
}

function parseHeader(bytes: Buffer, size: number): DatabaseHeader | undefined {
  // 1 stands for 65536, which does not fit.
  const stored = bytes.readUInt16BE(16);
  const pageSize = stored === 1 ? 65_536 : stored;
  if (pageSize < 512 || (pageSize & (pageSize - 1)) !== 0) return undefined;
  // "Valid only when the change counter at 24 equals the version-valid-for number at 92" (the file format's words).
  const pages = bytes.readUInt32BE(24) === bytes.readUInt32BE(92) ? bytes.readUInt32BE(28) : undefined;
  return {
    bytes: size,
    pageSize,
    pages: pages === 0 ? undefined : pages,
    applicationId: bytes.readUInt32BE(68),
    userVersion: bytes.readUInt32BE(60),
    isWal: bytes[18] === 2,
  };
}

/** 0 when it is not there. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
