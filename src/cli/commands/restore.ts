import { resolve } from "node:path";
import { restoreBackup } from "../../engine/backup/restore-backup.ts";
import { createIds } from "../../engine/core/ids.ts";
import type { Gone } from "../../engine/store/snapshot.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, isoTime, paint, printable } from "../output.ts";
import { contents } from "./backup.ts";

export const run: Run = (call) => {
  const dryRun = flag(call, "dryRun");
  const now = Date.now();
  const restored = restoreBackup({ home: call.home, file: resolve(call.args[0] ?? ""), now, noticeId: createIds().make("ntc", now), dryRun, step: () => undefined });
  if (call.json) return emitJson({ ...restored, changed: !dryRun, ...(dryRun ? { dry_run: true } : {}) });
  const { from, replaced, gone, config, missing_scripts } = restored;
  emit(
    [
      `${paint("green", "✓")} ${dryRun ? "[dry run] would restore" : "restored"} ${printable(from.file)}`,
      contents(from),
      replaced === undefined ? "  There was no database in this home" : `  The old database ${dryRun ? "would be moved" : "is now"} in ${printable(replaced)}`,
      ...(gone === undefined ? (replaced === undefined ? [] : ["  The old database cannot be read: what it had and the backup has not is not known"]) : [goneLine(gone)]),
      ...(config === "kept" ? ["  config.toml differs and stays; the backup's is config.toml.restored beside it"] : []),
      ...(config === "restored" ? ["  config.toml is the backup's"] : []),
      ...missing_scripts.map((hash) => paint("yellow", `  the script ${hash} is neither in the backup nor in this home; its hook cannot run until it is registered again`)),
    ].join("\n"),
  );
};

function goneLine({ events, invocations, dispatches, hooks, first_received_at, last_received_at }: Gone): string {
  if (events + invocations + dispatches + hooks === 0) return "  Nothing is newer than the backup";
  const times = first_received_at === undefined || last_received_at === undefined ? "" : ` (received ${isoTime(first_received_at)} to ${isoTime(last_received_at)})`;
  return `  Newer than the backup, and only in the old database: ${events} events${times}, ${invocations} invocations, ${dispatches} dispatches, ${hooks} hooks changed`;
}
