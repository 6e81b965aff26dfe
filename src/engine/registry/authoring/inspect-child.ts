import { Worker } from "node:worker_threads";
import { describeError } from "../../runtime/child/describe-error.ts";
import type { Inspection } from "./inspection.ts";

/** The parent ends this process as soon as it has the answer; without a parent it ends by itself. */
const ORPHAN_MS = 2_000;

/**
 * The `__inspect` mode: reads `{code, timeoutMs}` from stdin, loads the code in a Worker, writes one line of JSON
 * (an Inspection) to file descriptor 3. Whatever the code prints goes elsewhere.
 */
export async function runInspectChild(): Promise<void> {
  const { code, timeoutMs } = JSON.parse(await Bun.stdin.text()) as { code: string; timeoutMs: number };
  const line = await loadInWorker(code, timeoutMs);
  await Bun.write(Bun.file(3), `${line}\n`);
  setTimeout(() => process.exit(0), ORPHAN_MS);
}

function loadInWorker(code: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve) => {
    const answer = (inspection: Inspection): void => resolve(JSON.stringify(inspection));
    const worker = new Worker(new URL("./inspect-worker.ts", import.meta.url), { workerData: { code }, env: process.env });
    worker.on("message", (line: string) => resolve(line));
    worker.on("error", (error: unknown) => answer({ ok: false, reason: "threw", ...describeError(error) }));
    worker.on("exit", (status) => answer({ ok: false, reason: "exited", message: `it ended its process with process.exit(${status})` }));
    setTimeout(() => answer({ ok: false, reason: "timeout", message: `it did not finish loading within ${timeoutMs} ms` }), timeoutMs);
  });
}
