import { dirname } from "node:path";
import { NexusError } from "../core/errors.ts";
import { commandLine, newestBackup } from "./backup-names.ts";

/** The error for a database that cannot be trusted, with the exact way back where there is one. */
export function corruptDatabase(path: string, what: string, cause?: unknown): NexusError {
  const home = dirname(dirname(path));
  const backup = newestBackup(home);
  const next = backup === undefined ? [] : [commandLine(["nexus", "restore", backup, "--home", home])];
  return new NexusError("DATABASE_CORRUPT", `${path} ${what}`, {
    hint:
      backup === undefined
        ? "it was not touched; there is no backup in this home: `nexus doctor` says what can be saved, or move it away to start anew"
        : "it was not touched; restore the newest backup, or move it away to start anew",
    next: [...next, commandLine(["nexus", "doctor", "--home", home])],
    ...(cause === undefined ? {} : { cause }),
  });
}
