import { Database } from "bun:sqlite";
import { parentPort, workerData } from "node:worker_threads";

/** The entry of the checkpointer's thread: folds the log into the database when it is told to, on a connection of its own. */
const { path } = workerData as { readonly path: string };
const db = new Database(path, { readwrite: true, create: false });
db.run("PRAGMA busy_timeout = 0");
db.run("PRAGMA wal_autocheckpoint = 0");
parentPort?.on("message", (how: "PASSIVE" | "TRUNCATE") => {
  // Copies what no reader needs any more, and waits for nobody: one that is in the way is met at the next time.
  db.query(`PRAGMA wal_checkpoint(${how})`).get();
  parentPort?.postMessage("done");
});
