import { listBackups } from "../store/backup-names.ts";
import { openReadOnly } from "../store/read-only.ts";
import { backupFile, backupInfo } from "../store/snapshot.ts";
import { scriptName, sha256 } from "./verify-backup.ts";

/** The registered script of that hash, from the newest of the home's backups that has it unchanged. */
export function scriptFrom(home: string, hash: string): { readonly backup: string; readonly content: Uint8Array } | undefined {
  for (const backup of listBackups(home)) {
    try {
      const open = openReadOnly(backup);
      try {
        const file = backupInfo(open.db) === undefined ? undefined : backupFile(open.db, scriptName(hash));
        if (file !== undefined && sha256(file.content) === hash) return { backup, content: file.content };
      } finally {
        open.close();
      }
    } catch {
      // A damaged backup: perhaps an older one has it.
    }
  }
  return undefined;
}
