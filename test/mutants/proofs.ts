import type { Mutant } from "./mutant.ts";

const open = "src/engine/store/open.ts";
const daemon = "src/engine/daemon.ts";
const powerLoss = ["test/faults/power-loss.test.ts"];
const faultyDisk = ["test/binary/faulty-disk.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "import-waits-for-a-batch", file: "src/cli/commands/events-import.ts", find: "if (!whole && gathered.length > 0) yield", replace: "if (gathered.length > 1e9) yield", tests: ["test/cli/events-import-ack.test.ts"], filter: "a line that comes alone" },
  { name: "synchronous-off", file: open, find: '${options.durability === "full" ? "FULL" : "NORMAL"}', replace: "NORMAL", tests: powerLoss, filter: "a command's acknowledgement" },
  { name: "daemon-commits-unsynced", file: "src/engine/store/group-commit.ts", find: "group.some(({ durable }) => durable)", replace: "false", tests: powerLoss, filter: "full:" },
  { name: "fires-not-durable", file: "src/engine/pipeline/settle.ts", find: 'return answer.from === "skip" ||', replace: 'return answer.from !== "runtime" ||', tests: powerLoss, filter: "full:" },
  { name: "outcome-apart-from-its-fire", file: "src/engine/pipeline/recorder.ts", find: "insertDispatch(store, settled.dispatch)", replace: "(setTimeout(() => insertDispatch(store, settled.dispatch!), 1), true)", tests: powerLoss, filter: "normal:" },
  { name: "cursor-ahead-of-results", file: "src/engine/pipeline/saved-cursor.ts", find: 'setMeta(this.#store, "eval_cursor", cursor);', replace: 'setMeta(this.#store, "eval_cursor", Number(this.#store.db.query("SELECT max(seq) AS n FROM events").get()?.n ?? cursor));', tests: powerLoss, filter: "normal:" },
  { name: "cursor-ahead-of-results-in-a-crash", file: "src/engine/pipeline/saved-cursor.ts", find: 'setMeta(this.#store, "eval_cursor", cursor);', replace: 'setMeta(this.#store, "eval_cursor", Number(this.#store.db.query("SELECT max(seq) AS n FROM events").get()?.n ?? cursor));', tests: ["test/binary/crash-loop.test.ts"] },
  { name: "daemon-ignores-a-failed-commit", file: daemon, find: "this.#reopening = this.#recover(engine, this.#trouble);", replace: "this.#engine = engine;", tests: faultyDisk, filter: "every sync from" },
  { name: "checkpoint-ends-the-daemon", file: "src/engine/store/checkpointer.ts", find: "} catch {\n      return nothing;", replace: "} catch (error) {\n      throw error;", tests: faultyDisk, filter: "a checkpoint that" },
  { name: "full-disk-asked-all-the-time", file: daemon, find: "if (tries > 0 || this.#failures.count > 1) await Bun.sleep(LOOK_MS);", replace: 'if (failure.code !== "DATABASE_FULL") await Bun.sleep(LOOK_MS);', tests: faultyDisk, filter: "while the disk stays full" },
  { name: "full-without-its-code", file: open, find: 'if (code === "SQLITE_FULL")', replace: 'if (code === "SQLITE_NEVER")', tests: ["test/engine/store/full-database.test.ts"] },
  { name: "lock-not-taken", file: "src/engine/store/daemon-lock.ts", find: '    db.run("PRAGMA busy_timeout = 50");\n    db.run("BEGIN EXCLUSIVE");', replace: '    db.run("BEGIN");', tests: ["test/binary/one-daemon.test.ts"], filter: "20 starters" },
  { name: "writers-do-not-wait", file: open, find: "db.run(`PRAGMA busy_timeout = ${options.busyTimeoutMs}`);", replace: 'db.run("PRAGMA busy_timeout = 0");', tests: ["test/binary/writers-beside-daemon.test.ts"] },
  { name: "start-gives-up-at-once", file: daemon, find: "durability: config.durability, checkpoints: true", replace: "durability: config.durability, busyTimeoutMs: BUSY_TIMEOUT_MS, checkpoints: true", tests: ["test/engine/daemon-start.test.ts"], filter: "a start waits" },
  { name: "careful-without-end", file: "src/engine/pipeline/recovery.ts", find: "return this.#given >= CAREFUL_PAIRS;", replace: "return false;", tests: ["test/engine/daemon-start.test.ts"], filter: "three ends" },
];
