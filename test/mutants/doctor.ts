import type { Mutant } from "./mutant.ts";

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "backup-verifies", file: "src/engine/backup/make-backup.ts", find: "const verified = verifyBackup(temporary);", replace: "const verified = { file, bytes: 0, schema: 1, info: undefined, rows: {}, last_seq: 0, scripts: 0, missing_scripts: [], config: false };", tests: ["test/engine/backup/backup.test.ts"] },
  { name: "backup-hashes-scripts", file: "src/engine/backup/make-backup.ts", find: "if (sha256(content) !== hash) return false;", replace: "", tests: ["test/engine/backup/backup.test.ts"] },
  { name: "restore-intent", file: "src/engine/store/open.ts", find: "  finishRestore(home);\n", replace: "", tests: ["test/engine/backup/restore.test.ts"] },
  { name: "refuse-before-sqlite", file: "src/engine/store/open.ts", find: "  refuseDatabase(path, hooksFolder, SCHEMA_VERSION);\n", replace: "", tests: ["test/engine/store/refuse-database.test.ts"] },
  { name: "refuse-closes-untouched", file: "src/engine/store/open.ts", find: "    closeUntouched(db, path);\n", replace: "    db.close(false);\n", tests: ["test/engine/store/refuse-database.test.ts"] },
  { name: "health-checks", file: "src/engine/store/health.ts", find: 'if (checked === "after an unclean stop") {', replace: "if (false) {", tests: ["test/engine/store/refuse-database.test.ts", "test/cli/backup.test.ts"] },
  { name: "health-marks-running", file: "src/engine/store/epoch.ts", find: 'setMeta(store, "clean_stop", 0);', replace: 'setMeta(store, "clean_stop", 1);', tests: ["test/cli/backup.test.ts"] },
  { name: "headers-are-filtered", file: "src/engine/ingest/headers.ts", find: "return !NEVER.test(lower) && (KEPT.has(lower) || KEPT_ENDING.test(lower));", replace: "return true;", tests: ["test/engine/ingest/headers.test.ts"] },
  { name: "redactor-forms", file: "src/engine/core/redactor.ts", find: "for (const form of formsOf(value))", replace: "for (const form of [value])", tests: ["test/engine/core/redactor.test.ts"] },
  { name: "redact-full-rows", file: "src/engine/store/invocations.ts", find: "insertFull(store, store.redactor.value(row))", replace: "insertFull(store, row)", tests: ["test/cli/canary.test.ts"] },
  { name: "redact-logs", file: "src/engine/store/invocations.ts", find: "JSON.stringify(store.redactor.value(lines))", replace: "JSON.stringify(lines)", tests: ["test/cli/canary.test.ts"] },
  { name: "redact-dispatches", file: "src/engine/store/dispatches.ts", find: "const dispatch = store.redactor.value(given);", replace: "const dispatch = given;", tests: ["test/cli/canary.test.ts"] },
  { name: "redact-state", file: "src/engine/store/hook-state.ts", find: "of store.redactor.value(writes)", replace: "of writes", tests: ["test/cli/canary.test.ts"] },
  { name: "redact-last-error", file: "src/engine/store/hooks.ts", find: "store.redactor.text(hook.last_error)", replace: "hook.last_error", tests: ["test/cli/canary.test.ts"] },
  { name: "commands-write-secrets", file: "src/cli/workspace.ts", find: "...(redactor === undefined ? {} : { redactor })", replace: "", tests: ["test/cli/canary.test.ts"] },
  { name: "redact-emitted", file: "src/engine/store/events.ts", find: "const events = store.redactor.value(given);", replace: "const events = given;", tests: ["test/cli/canary.test.ts"] },
  { name: "redact-serve-log", file: "src/cli/serve-log.ts", find: "redactor.value(given)", replace: "given", tests: ["test/cli/canary.test.ts"] },
  { name: "doctor-modes", file: "src/engine/doctor/file-checks.ts", find: "(mode & 0o077) === 0", replace: "true", tests: ["test/cli/doctor.test.ts"] },
  { name: "doctor-scripts", file: "src/engine/doctor/database-checks.ts", find: "hashOf(join(folder, `${hash}.mjs`)) !== hash", replace: "false", tests: ["test/cli/doctor.test.ts"] },
  { name: "doctor-full-text", file: "src/engine/doctor/database-checks.ts", find: "const gaps = fullTextGaps(db);", replace: "const gaps = 0;", tests: ["test/cli/doctor.test.ts"] },
  { name: "doctor-invariants", file: "src/engine/doctor/database-checks.ts", find: "const broken = violations(db);", replace: "const broken: ReturnType<typeof violations> = [];", tests: ["test/cli/doctor.test.ts"] },
];
