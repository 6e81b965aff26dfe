import type { Database } from "bun:sqlite";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";
import { commandLine, newestBackup } from "../store/backup-names.ts";
import { sizeOf } from "../store/database-header.ts";
import { isIndexFinding, thoroughCheck } from "../store/health.ts";
import { verifyAudit } from "../store/audit.ts";
import { danglingReferences, fullTextGaps, registeredScripts, standing, violations, type ScriptRow } from "../store/invariants.ts";
import { SCHEMA_VERSION } from "../store/migrate.ts";
import { storeError } from "../store/open.ts";
import { openReadOnly } from "../store/read-only.ts";
import { refuseDatabase } from "../store/refuse-database.ts";
import { verifyBackup } from "../backup/verify-backup.ts";
import { ok, problem, warning, type Check, type Situation } from "./check.ts";
import { hashOf, named, namesIn } from "./file-checks.ts";

const LARGE_LOG_BYTES = 256 * 1_048_576;
const DAY_MS = 86_400_000;

export function databaseChecks(situation: Situation): Check[] {
  const { home } = situation;
  const path = join(home, "state", "nexus.db");
  try {
    refuseDatabase(path, join(home, "state", "hooks"), SCHEMA_VERSION);
    const open = openReadOnly(path);
    try {
      const health = healthChecks(open.db, home, path, open.sees);
      return health.some(({ status, repair }) => status === "problem" && repair === undefined) ? health : [...health, ...contentChecks(open.db, situation), logCheck(path)];
    } finally {
      open.close();
    }
  } catch (error) {
    const known = storeError(error, path);
    if (!(known instanceof NexusError)) throw error;
    return [problem("database", `${known.message} [${known.code}]`, known.code === "DATABASE_CORRUPT" ? wayBack(home, path) : known.details.hint)];
  }
}

function healthChecks(db: Database, home: string, path: string, sees: string): Check[] {
  const findings = thoroughCheck(db);
  const where = `${path}, ${Math.round(sizeOf(path) / 1_048_576)} MB${sees === "file" && sizeOf(`${path}-wal`) > 0 ? " (read without its log, which this user cannot open)" : ""}`;
  if (findings.length === 0) {
    const gaps = fullTextGaps(db);
    return [ok("database", `${where}: whole`), gaps === 0 ? ok("full text", "search finds every event") : problem("full text", `search does not fit the ledger at ${gaps} events`, "nexus doctor --repair", "full text")];
  }
  if (findings.every(isIndexFinding)) return [problem("database", `${where}: only its indexes are damaged: ${findings.join("; ")}`, "nexus doctor --repair", "indexes")];
  return [problem("database", `${where}: damaged: ${findings.join("; ")}`, wayBack(home, path))];
}

/** A damaged table is never repaired in place: what would be cut away is somebody's event. */
function wayBack(home: string, path: string): string {
  const backup = newestBackup(home);
  if (backup !== undefined) {
    try {
      verifyBackup(backup);
      return `${commandLine(["nexus", "restore", backup, "--home", home])} (the newest backup, verified just now)`;
    } catch {
      // Then it is no way back.
    }
  }
  const saved = join(home, "recovered.db");
  return `no whole backup is there; save what can be read with: sqlite3 ${commandLine([path])} .recover | sqlite3 ${commandLine([saved])} && ${commandLine(["nexus", "restore", saved, "--home", home])}`;
}

function contentChecks(db: Database, { home, now }: Situation): Check[] {
  const broken = violations(db);
  const dangling = danglingReferences(db);
  const { troubled, newest_event_at, auto_vacuum } = standing(db);
  const ahead = newest_event_at === undefined ? 0 : newest_event_at - now;
  return [
    broken.length === 0 ? ok("invariants", "every pair has one outcome, every fire one dispatch") : problem("invariants", broken.map(({ invariant, what, count }) => `${invariant}: ${count} ${what}`).join("; "), "please report it, with `nexus backup` of this state"),
    auditCheck(db),
    dangling.length === 0 ? ok("references", "every row's hook and version are there") : warning("references", dangling.map(({ table, parent, count }) => `${count} rows of ${table} name no row of ${parent}`).join("; ")),
    ...scriptChecks(registeredScripts(db), join(home, "state", "hooks")),
    troubled.length === 0
      ? ok("hooks", "no hook is errored or paused")
      : warning("hooks", named(troubled.map(({ slug, status, circuit_state, last_error }) => `${slug}: ${status}, breaker ${circuit_state}${last_error === null ? "" : `, ${last_error.slice(0, 100)}`}`)), `nexus hooks logs ${troubled[0]?.slug ?? ""}; then nexus hooks enable`),
    ahead > DAY_MS ? warning("clock", `the newest event was received ${Math.round(ahead / DAY_MS)} days after now: the clock went back`, "set the clock; schedules wait for it") : ok("clock", "no event is from the future"),
    auto_vacuum === 0 ? warning("auto_vacuum", "off: the file keeps its size when old rows go", "nexus doctor --repair (without a daemon; takes as much disk space again for a moment)", "free pages") : ok("auto_vacuum", "on: the file shrinks when old rows go"),
  ];
}

function auditCheck(db: Database): Check {
  const { rows, broken } = verifyAudit(db);
  if (broken === undefined) return ok("audit", rows === 0 ? "the audit log is empty" : `${rows} rows, each follows from the one before it`);
  return problem("audit", `row ${broken.seq} does not fit: ${broken.why}`, "compare with a backup; `nexus audit verify` says the same");
}

function scriptChecks(scripts: readonly ScriptRow[], folder: string): Check[] {
  const bad = badScripts(scripts, folder);
  const known = new Set(scripts.map(({ hash }) => `${hash}.mjs`));
  const spare = namesIn(folder).filter((name) => name.endsWith(".mjs") && !known.has(name));
  return [
    bad.length === 0
      ? ok("scripts", `${scripts.length} stored copies are what was registered${spare.length === 0 ? "" : `; ${spare.length} more belong to no version`}`)
      : problem("scripts", `missing or changed: ${named(bad.map(({ slug, hash }) => `${slug} (${hash.slice(0, 12)})`))}`, "nexus doctor --repair, or register the script again", "scripts"),
  ];
}

export function badScripts(scripts: readonly ScriptRow[], folder: string): ScriptRow[] {
  return scripts.filter(({ hash }) => hashOf(join(folder, `${hash}.mjs`)) !== hash);
}

function logCheck(path: string): Check {
  const bytes = sizeOf(`${path}-wal`);
  const detail = `the log has ${Math.round(bytes / 1_048_576)} MB`;
  return bytes > LARGE_LOG_BYTES ? warning("log", detail, "nexus doctor --repair (without a daemon)", "log") : ok("log", detail);
}
