import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { GroupCommit } from "../../../src/engine/store/group-commit.ts";
import { getMeta, setMeta } from "../../../src/engine/store/meta.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../../src/engine/store/open.ts";
import { dumpSchema, SCHEMA_PATH } from "../../../scripts/dump-schema.ts";
import { tempHome } from "../../helpers/temp-home.ts";

function codeOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof NexusError) return error.code;
    throw error;
  }
  return "none";
}

test("the committed schema is the one that the migrations make", () => {
  expect(dumpSchema()).toBe(readFileSync(SCHEMA_PATH, "utf8"));
});

test("the specification's columns of hooks and hook_invocations are there", () => {
  using home = tempHome();
  const store = openStore(home.path);
  const columns = (name: string): string[] => store.db.query<{ name: string }, [string]>("SELECT name FROM pragma_table_info(?)").all(name).map((row) => row.name);
  expect("id name description mode status script_path script_hash created_by_agent created_by_session created_by_thread version previous_version_id created_at updated_at disabled_at disabled_reason last_triggered trigger_count last_error consecutive_errors circuit_state circuit_opened_at".split(" ").filter((name) => !columns("hooks").includes(name))).toEqual([]);
  expect("id hook_id event_id started_at finished_at latency_ms fired result_json llm_calls llm_tokens_in llm_tokens_out search_calls error stack_trace".split(" ").filter((name) => !columns("hook_invocations").includes(name))).toEqual([]);
  expect("seq id timestamp received_at type channel content content_types direction thread_id reply_to sender_id source_adapter source_id metadata_json cause_id depth".split(" ").filter((name) => !columns("events").includes(name))).toEqual([]);
  const modes = store.db.query<{ journal_mode: string }, []>("PRAGMA journal_mode").get()?.journal_mode;
  expect(modes).toBe("wal");
  store.close();
});

test("files are 0600 and folders 0700", () => {
  using home = tempHome();
  const store = openStore(join(home.path, "deep"));
  store.close();
  expect(statSync(join(home.path, "deep", "state")).mode & 0o777).toBe(0o700);
  expect(statSync(join(home.path, "deep", "state", "nexus.db")).mode & 0o777).toBe(0o600);
});

test("a home that cannot be made or written says so", () => {
  using home = tempHome();
  writeFileSync(join(home.path, "file"), "");
  expect(codeOf(() => openStore(join(home.path, "file", "home")))).toBe("HOME_NOT_WRITABLE");
  if (process.getuid?.() !== 0) {
    mkdirSync(join(home.path, "locked"));
    chmodSync(join(home.path, "locked"), 0o500);
    expect(codeOf(() => openStore(join(home.path, "locked")))).toBe("HOME_NOT_WRITABLE");
  }
  expect(existsSync(join(home.path, "file", "home"))).toBe(false);
});

test("what is asked for in one turn is one transaction, told only after its commit", async () => {
  using home = tempHome();
  const store = openStore(home.path);
  const other = openStore(home.path);
  let commits = 0;
  const commit = new GroupCommit(store, { before: () => undefined, after: () => (commits += 1), failed: () => undefined, later: setImmediate });
  const seen = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      await commit.run(() => setMeta(store, "eval_cursor", n));
      return getMeta(other, "eval_cursor");
    }),
  );
  expect(commits).toBe(1);
  expect(new Set(seen)).toEqual(new Set([49]));
  other.close();
  store.close();
});

test("a failed commit is nobody's: all of it is refused, and so is what comes later", async () => {
  using home = tempHome();
  const store = openStore(home.path);
  const failures: unknown[] = [];
  const commit = new GroupCommit(store, { before: () => undefined, after: () => undefined, failed: (error) => failures.push(error), later: setImmediate });
  const [good, bad] = await Promise.allSettled([
    commit.run(() => setMeta(store, "eval_cursor", 1)),
    commit.run(() => {
      throw new Error("disk on fire");
    }),
  ]);
  expect([good.status, bad.status, getMeta(store, "eval_cursor")]).toEqual(["rejected", "rejected", undefined]);
  expect(failures).toHaveLength(1);
  expect(await commit.run(() => setMeta(store, "eval_cursor", 2)).catch((error: Error) => error.message)).toContain("disk on fire");
  expect(getMeta(store, "eval_cursor")).toBeUndefined();
  store.close();
});

test("another process's write lock is waited for: the group is kept, and in the end those who wait are told", async () => {
  using home = tempHome();
  const store = openStore(home.path, { ...DEFAULT_STORE_OPTIONS, busyTimeoutMs: 1 });
  const other = openStore(home.path);
  const turns: (() => void)[] = [];
  const commit = new GroupCommit(store, { before: () => undefined, after: () => undefined, failed: () => undefined, later: (turn) => turns.push(turn) });
  const told: string[] = [];
  const kept = { durable: true, work: () => setMeta(store, "eval_cursor", 7), committed: () => void told.push("kept") };
  commit.add(kept);
  const asked = commit.run(() => setMeta(store, "epoch", 7)).catch((error: { code: string }) => told.push(error.code));
  other.db.run("BEGIN IMMEDIATE");
  for (let n = 0; n < 40; n += 1) turns.shift()?.();
  await asked;
  expect(told).toEqual(["DATABASE_BUSY"]);
  other.db.run("ROLLBACK");
  while (turns.length > 0) turns.shift()?.();
  expect(told).toEqual(["DATABASE_BUSY", "kept"]);
  expect([getMeta(store, "eval_cursor"), getMeta(store, "epoch")]).toEqual([7, undefined]);
  other.close();
  store.close();
});
