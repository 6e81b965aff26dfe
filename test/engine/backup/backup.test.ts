import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeBackup, type BackupOptions } from "../../../src/engine/backup/make-backup.ts";
import { verifyBackup } from "../../../src/engine/backup/verify-backup.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { backupName } from "../../../src/engine/store/backup-names.ts";
import { T0 } from "../../helpers/rows.ts";
import { tempHome } from "../../helpers/temp-home.ts";
import { TestEngine } from "../../helpers/test-engine.ts";

function options(home: string, parts: Partial<BackupOptions> = {}): BackupOptions {
  const now = parts.now ?? T0;
  return { home, file: join(home, "backups", backupName(now)), replace: false, keep: undefined, now, version: "1.2.3", dryRun: false, onPhase: () => undefined, ...parts };
}

function codeOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error.code;
    throw error;
  }
  return "none";
}

test("a backup of a home in use holds one moment of it, its scripts and its configuration, in one file of mode 0600", async () => {
  await using engine = await TestEngine.start();
  engine.register("fires", "() => ({ fire: true })");
  const hash = engine.hook("fires").version.script_hash;
  writeFileSync(join(engine.home, "config.toml"), 'durability = "normal"\n');
  await engine.messages(20);
  await engine.drain();
  const made = makeBackup(options(engine.home));
  await engine.messages(5);
  await engine.drain();
  const verified = verifyBackup(made.file);
  expect(verified).toMatchObject({ rows: { events: 20, hook_invocations: 20, dispatches: 20, hooks: 1 }, scripts: 1, missing_scripts: [], config: true, last_seq: 20, info: { made_at: T0, nexus_version: "1.2.3", home: engine.home } });
  expect(statSync(made.file).mode & 0o777).toBe(0o600);
  expect(statSync(join(engine.home, "backups")).mode & 0o777).toBe(0o700);
  const db = new Database(made.file, { readonly: true });
  expect(db.query<{ name: string }, []>("SELECT name FROM nexus_backup_files ORDER BY name").all().map(({ name }) => name)).toEqual(["config.toml", `hooks/${hash}.mjs`]);
  db.close();
  expect(readdirSync(join(engine.home, "backups"))).toEqual([backupName(T0)]);
});

// switch: mutant backup-verifies
test("a backup that does not verify never gets its name, and leaves nothing", async () => {
  await using engine = await TestEngine.start();
  const folder = join(engine.home, "backups");
  const damage = (phase: string): void => {
    if (phase !== "verifying") return;
    const [copy = ""] = readdirSync(folder);
    truncateSync(join(folder, copy), 40_000);
  };
  expect(codeOf(() => makeBackup(options(engine.home, { onPhase: damage })))).toBe("BACKUP_INVALID");
  expect(readdirSync(folder)).toEqual([]);
});

test("a file that is there is an error, with --force it is replaced; the home's own files never are", async () => {
  await using engine = await TestEngine.start();
  const file = join(engine.home, "mine.db");
  writeFileSync(file, "precious");
  expect(codeOf(() => makeBackup(options(engine.home, { file })))).toBe("BACKUP_EXISTS");
  expect(readFileSync(file, "utf8")).toBe("precious");
  makeBackup(options(engine.home, { file, replace: true }));
  expect(verifyBackup(file).rows["hooks"]).toBe(0);
  expect(codeOf(() => makeBackup(options(engine.home, { file: join(engine.home, "state", "nexus.db"), replace: true })))).toBe("USAGE");
  expect(codeOf(() => makeBackup(options(engine.home, { file: join(engine.home, "nowhere", "b.db") })))).toBe("FILE_NOT_FOUND");
});

test("--keep removes the oldest of the home's own backups and nothing else; a dry run writes nothing", async () => {
  await using engine = await TestEngine.start();
  expect(makeBackup(options(engine.home, { dryRun: true })).bytes).toBeGreaterThan(10_000);
  expect(existsSync(join(engine.home, "backups"))).toBe(false);
  for (const n of [0, 1, 2]) makeBackup(options(engine.home, { now: T0 + n }));
  writeFileSync(join(engine.home, "backups", "notes.db"), "mine");
  const made = makeBackup(options(engine.home, { now: T0 + 3, keep: 2 }));
  expect(made.removed).toHaveLength(2);
  expect(readdirSync(join(engine.home, "backups")).sort()).toEqual([backupName(T0 + 2), backupName(T0 + 3), "notes.db"].sort());
});

// switch: mutant backup-hashes-scripts
test("a script's copy that was changed is not passed off as the registered one", async () => {
  await using engine = await TestEngine.start();
  const { version } = engine.register("once", "() => undefined");
  chmodSync(version.script_path, 0o600);
  writeFileSync(version.script_path, "export default () => ({ fire: true });");
  const made = makeBackup(options(engine.home));
  expect(verifyBackup(made.file)).toMatchObject({ scripts: 0, missing_scripts: [version.script_hash] });
});

test("a backup that was changed, cut off or is something else is told from a whole one", async () => {
  await using engine = await TestEngine.start();
  engine.register("quiet", "() => undefined");
  await engine.messages(50);
  await engine.drain();
  const { file } = makeBackup(options(engine.home));
  const whole = readFileSync(file);
  const damaged = (change: (path: string) => void): string => {
    writeFileSync(file, whole);
    change(file);
    const before = readFileSync(file);
    const code = codeOf(() => verifyBackup(file));
    expect(readFileSync(file).equals(before)).toBe(true);
    return code;
  };
  const sql = (statement: string) => (path: string): void => {
    const db = new Database(path);
    db.run(statement);
    db.close();
  };
  expect(damaged(() => undefined)).toBe("none");
  expect(damaged((path) => writeFileSync(path, whole.subarray(0, whole.length / 2)))).toBe("BACKUP_INVALID");
  expect(damaged((path) => writeFileSync(path, ""))).toBe("BACKUP_INVALID");
  expect(damaged((path) => writeFileSync(path, "text".repeat(100)))).toBe("BACKUP_INVALID");
  expect(damaged((path) => writeFileSync(path, Buffer.concat([whole.subarray(0, 8_192), Buffer.alloc(8_192, 7), whole.subarray(16_384)])))).toBe("BACKUP_INVALID");
  expect(damaged(sql("DELETE FROM hook_invocations WHERE rowid = 3"))).toBe("BACKUP_INVALID");
  expect(damaged(sql("UPDATE nexus_backup_files SET content = x'00'"))).toBe("BACKUP_INVALID");
  expect(damaged(sql("DELETE FROM nexus_backup_files"))).toBe("BACKUP_INVALID");
  expect(damaged(sql("PRAGMA application_id = 7"))).toBe("DATABASE_FOREIGN");
  expect(damaged(sql("PRAGMA user_version = 999"))).toBe("DATABASE_NEWER");
});

test("what a killed backup left is removed by the next, what a living one writes is not", async () => {
  await using engine = await TestEngine.start();
  const folder = join(engine.home, "backups");
  mkdirSync(folder);
  const dead = Bun.spawnSync(["true"]).pid;
  writeFileSync(join(folder, `.nexus-backup-${dead}-0123abcd.tmp`), "half");
  writeFileSync(join(folder, `.nexus-backup-${process.ppid}-0123abcd.tmp`), "half");
  makeBackup(options(engine.home));
  expect(readdirSync(folder).sort()).toEqual([`.nexus-backup-${process.ppid}-0123abcd.tmp`, backupName(T0)]);
});

test("a home that was never made has nothing to back up, and is not made", () => {
  using home = tempHome();
  rmSync(home.path, { recursive: true });
  expect(codeOf(() => makeBackup(options(home.path)))).not.toBe("none");
  expect(existsSync(home.path)).toBe(false);
});
