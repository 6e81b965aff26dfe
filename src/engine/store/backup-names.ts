import { readdirSync } from "node:fs";
import { join } from "node:path";
import { shellWord } from "../core/shell-word.ts";
import { readDatabaseFile } from "./database-header.ts";

/** `nexus-2026-11-24T20-27-06.123Z.db`: sorts by time, and has no colon, which some file systems refuse. */
const NAME = /^nexus-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z\.db$/;

export function backupFolder(home: string): string {
  return join(home, "backups");
}

export function backupName(at: number): string {
  return `nexus-${new Date(at).toISOString().replaceAll(":", "-")}.db`;
}

/** Paths of the backups in the home's own folder, newest first. Only names that `nexus backup` gives. */
export function listBackups(home: string): string[] {
  const folder = backupFolder(home);
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names
    .filter((name) => NAME.test(name))
    .sort()
    .toReversed()
    .map((name) => join(folder, name));
}

/** The newest that looks whole by its first bytes; whether it is, `verifyBackup` tells. */
export function newestBackup(home: string): string | undefined {
  return listBackups(home).find((path) => {
    try {
      return readDatabaseFile(path).kind === "SQLite";
    } catch {
      return false;
    }
  });
}

/** A command line to copy: words that a shell would split or interpret are quoted. */
export function commandLine(words: readonly string[]): string {
  return words.map(shellWord).join(" ");
}
