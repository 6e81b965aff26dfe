import { readlinkSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { LogLine } from "../../core/invocation.ts";
import { ChunkRunner } from "./chunk-runner.ts";
import { captureConsole } from "./console-capture.ts";
import { describeError } from "./describe-error.ts";
import { findHandler } from "./find-handler.ts";
import { Ledger } from "./ledger.ts";
import { provideModules } from "./modules.ts";
import { Refs } from "./refs.ts";
import { ServiceCalls } from "./service-calls.ts";
import { HookState } from "./state.ts";
import type { ToWorker, WorkerBoot, WorkerMessage } from "./worker-protocol.ts";

/** The entry of a Worker: loads one hook version from the bytes it was given and runs what it is sent. */
const boot: WorkerBoot = { ...(workerData as WorkerBoot) };
const port = parentPort;
/** Bound before the hook is loaded, with a key that it does not get to see: it can post, but not in our name. */
const send = port?.postMessage.bind(port);
const { key } = boot;
for (const name of Object.keys(boot)) Reflect.deleteProperty(workerData as object, name);
/** What comes outside of invocations is told so often. */
const LATE_MESSAGES = 20;
/** Long enough for the first events not to wait for a collection. */
const SETTLE_MS = 200;
const waiting: ToWorker[] = [];
const loadLogs: LogLine[] = [];
let runner: ChunkRunner | undefined;
let late = 0;

const services = new ServiceCalls((message) => post(message));

function post(message: WorkerMessage): void {
  send?.({ ...message, key });
}

function tellLate(text: string): void {
  late += 1;
  if (late <= LATE_MESSAGES) post({ t: "late", text: text.slice(0, 2_048) });
}

function stray(error: unknown): void {
  if (runner?.stray(error) !== true) tellLate(`threw ${describeError(error).message}`);
}

function log(level: LogLine["level"], text: string): void {
  if (runner !== undefined) {
    if (!runner.log(level, text)) tellLate(`${level}: ${text}`);
  } else if (loadLogs.length < 100) loadLogs.push({ at: 0, level, text: text.slice(0, 2_048) });
}

function receive(message: ToWorker): void {
  if (message.t === "reply") services.settle(message);
  else if (runner === undefined) waiting.push(message);
  else runner.add(message);
}

async function load(): Promise<void> {
  provideModules();
  captureConsole(log);
  // Executed from the verified bytes in memory: no file is read again, so none can be swapped.
  const url = URL.createObjectURL(new Blob([boot.code], { type: "text/javascript" }));
  const module = (await import(url)) as Readonly<Record<string, unknown>>;
  URL.revokeObjectURL(url);
  const handler = findHandler(module);
  if (handler === undefined) throw new Error("SIGNATURE_INVALID: the stored version exports no hook");
  const ledger = new Ledger(boot.load.dbPath);
  runner = new ChunkRunner({
    load: boot.load,
    handler,
    state: new HookState(boot.load.state),
    services,
    ledger,
    refs: new Refs(ledger),
    running: new Int32Array(boot.running),
    post: (results) => send?.(`${key}${results}`),
    grown: (message) => post({ t: "grown", message }),
    broken: (error) => post({ t: "broken", message: describeError(error).message }),
  });
  post({ t: "loaded", ...ownThread() });
  for (const message of waiting.splice(0)) receive(message);
  // What loading left behind is a part of each warm hook's memory; a bare Worker alone is 2.9 MB (measured).
  setTimeout(() => Bun.gc(true), SETTLE_MS);
}

/** Linux only. */
function ownThread(): { thread?: number } {
  try {
    return { thread: Number(readlinkSync("/proc/thread-self").split("/").at(-1)) };
  } catch {
    return {};
  }
}

process.on("uncaughtException", stray);
process.on("unhandledRejection", stray);
port?.on("message", receive);
load().catch((error: unknown) => post({ t: "load_failed", ...describeError(error), logs: loadLogs }));
