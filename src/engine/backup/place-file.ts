import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { syncPath } from "../store/restore-intent.ts";

/** Durably, and in one step; also over a file whose content is not what it must be. */
export function placeFile(path: string, content: Uint8Array, mode: number): void {
  if (existsSync(path) && readFileSync(path).equals(content)) return;
  const temporary = `${path}.${process.pid}.tmp`;
  rmSync(temporary, { force: true });
  writeFileSync(temporary, content, { mode, flag: "wx" });
  syncPath(temporary);
  renameSync(temporary, path);
  syncPath(dirname(path));
}
