import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { makeBackup } from "../../engine/backup/make-backup.ts";
import { verifyBackup, type Verified } from "../../engine/backup/verify-backup.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { backupFolder, backupName, commandLine, newestBackup } from "../../engine/store/backup-names.ts";
import type { Call, Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isTerminal, isoTime, paint, printable, say } from "../output.ts";
import { VERSION } from "../../engine/core/version.ts";

export const run: Run = (call) => (flag(call, "verify") ? verify(call) : make(call));

function make(call: Call): void {
  const given = call.args[0];
  const keep = textOption(call, "keep") === undefined ? undefined : countOption(call, "keep", 1);
  if (given !== undefined && keep !== undefined) throw new NexusError("USAGE", "--keep removes backups of HOME/backups; it goes with no file");
  if (!existsSync(join(call.home, "state", "nexus.db"))) throw new NexusError("FILE_NOT_FOUND", `${call.home} has no database to back up`, { hint: "another home is named with --home or NEXUS_HOME" });
  const now = Date.now();
  const dryRun = flag(call, "dryRun");
  const made = makeBackup({
    home: call.home,
    file: given === undefined ? join(backupFolder(call.home), backupName(now)) : resolve(given),
    replace: flag(call, "force"),
    keep,
    now,
    version: VERSION,
    dryRun,
    // A person waits for a large one; a log has no use for it.
    onPhase: (phase) => (isTerminal("stderr") && !call.quiet && !call.json ? say(paint("dim", `${phase}…`, "stderr")) : undefined),
  });
  if (call.json) return emitJson({ ...made, ...(dryRun ? { dry_run: true } : {}) });
  if (call.quiet) return emit(made.file);
  const missing = "missing_scripts" in made ? made.missing_scripts : [];
  emit(
    [
      `${paint("green", "✓")} ${dryRun ? `[dry run] would write ${printable(made.file)}, about ${megabytes(made.bytes)}` : `${printable(made.file)}  ${megabytes(made.bytes)}, verified`}`,
      ...made.removed.map((path) => `  ${dryRun ? "would remove" : "removed"} ${printable(path)}`),
      ...missing.map((hash) => paint("yellow", `  the script ${hash} is missing or changed in this home: it is not in the backup (nexus doctor)`)),
      ...(dryRun ? [] : [`  Restore it with: ${printable(commandLine(["nexus", "restore", made.file, "--home", call.home]))}`]),
    ].join("\n"),
  );
}

function verify(call: Call): void {
  const file = call.args[0] === undefined ? newestBackup(call.home) : resolve(call.args[0]);
  if (file === undefined) throw new NexusError("FILE_NOT_FOUND", `${backupFolder(call.home)} has no backup`, { next: ["nexus backup"] });
  const verified = verifyBackup(file);
  if (call.json) return emitJson(verified);
  emit(`${paint("green", "✓")} ${printable(file)} is whole\n${contents(verified)}`);
}

export function contents({ info, rows, scripts, bytes, schema, config }: Verified): string {
  return [
    info === undefined ? "  A database without scripts of its own (no backup of nexus)" : `  Made ${isoTime(info.made_at)} by nexus ${printable(info.nexus_version)} from ${printable(info.home)}`,
    `  ${rows["events"] ?? 0} events, ${rows["hooks"] ?? 0} hooks, ${rows["hook_invocations"] ?? 0} invocations, ${rows["dispatches"] ?? 0} dispatches, ${scripts} scripts${config ? ", config.toml" : ""}; ${megabytes(bytes)}, schema ${schema}`,
  ].join("\n");
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_048_576).toFixed(1)} MB`;
}
