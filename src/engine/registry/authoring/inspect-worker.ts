import { parentPort, workerData } from "node:worker_threads";
import { describeError } from "../../runtime/child/describe-error.ts";
import { provideModules } from "../../runtime/child/modules.ts";
import { describeExports } from "./describe-exports.ts";
import type { Inspection } from "./inspection.ts";

// Kept from before the script runs, which may replace it.
const stringify = JSON.stringify;

/** The entry of the Worker that loads a bundle once, in the way the runtime will. */
async function inspect(code: string): Promise<Inspection> {
  try {
    provideModules();
    const url = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const module = (await import(url)) as Readonly<Record<string, unknown>>;
    return { ok: true, names: Object.keys(module), exports: describeExports(module) };
  } catch (error) {
    return { ok: false, reason: "threw", message: describeError(error).message, ...stackOf(error) };
  }
}

/** All frames, through the source map: the caller looks for the author's files in them. */
function stackOf(error: unknown): { stack?: string } {
  try {
    const stack: unknown = error instanceof Error ? error.stack : undefined;
    return typeof stack === "string" ? { stack: stack.slice(0, 16_384) } : {};
  } catch {
    return {};
  }
}

// As in the runtime, what escapes beside the loading does not end it: whether it came before our answer was chance.
process.on("uncaughtException", () => undefined);
process.on("unhandledRejection", () => undefined);
// As in the runtime, the Worker lives on while it has nothing to do: a top-level await that never ends is a timeout.
parentPort?.on("message", () => undefined);
// As text: a value that cannot be cloned must not get lost on the way.
void inspect((workerData as { readonly code: string }).code).then((inspection) => parentPort?.postMessage(stringify(inspection)));
