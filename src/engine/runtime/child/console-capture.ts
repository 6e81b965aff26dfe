import { formatWithOptions } from "node:util";
import type { LogLine } from "../../core/invocation.ts";

/** Sends everything the hook writes through `console` and `process.stdout` to its invocation, never to the daemon's stdout. */
export function captureConsole(log: (level: LogLine["level"], text: string) => void): void {
  const writer = (level: LogLine["level"]) => (...args: unknown[]) => log(level, format(args));
  const levels: Record<string, LogLine["level"]> = { log: "info", info: "info", debug: "debug", trace: "debug", dir: "info", table: "info", warn: "warn", error: "error" };
  for (const [method, level] of Object.entries(levels)) Reflect.set(console, method, writer(level));
  Reflect.set(console, "assert", (condition: unknown, ...args: unknown[]) => {
    if (!condition) log("error", `Assertion failed: ${format(args)}`);
  });
  for (const [stream, level] of [[process.stdout, "info"], [process.stderr, "error"]] as const) {
    Reflect.set(stream, "write", (data: unknown, ...rest: unknown[]) => {
      log(level, (typeof data === "string" ? data : new TextDecoder().decode(data as Uint8Array)).replace(/\n$/, ""));
      const done = rest.at(-1);
      if (typeof done === "function") queueMicrotask(() => Reflect.apply(done, undefined, []));
      return true;
    });
  }
}

function format(args: unknown[]): string {
  try {
    return formatWithOptions({ colors: false, depth: 4 }, ...args);
  } catch {
    return "(a value that cannot be printed)";
  }
}
