import type { LogLine } from "../../core/invocation.ts";

type Log = (level: LogLine["level"], text: string) => void;

/** Sends everything the hook writes through `console` and `process.stdout` to its invocation, never to the daemon's stdout. */
export function captureConsole(log: Log): void {
  const writer = (level: LogLine["level"]) => (...args: unknown[]) => log(level, args.map(printed).join(" "));
  const levels: Record<string, LogLine["level"]> = { log: "info", info: "info", debug: "debug", trace: "debug", dir: "info", table: "info", warn: "warn", error: "error" };
  for (const [method, level] of Object.entries(levels)) Reflect.set(console, method, writer(level));
  Reflect.set(console, "assert", (condition: unknown, ...args: unknown[]) => {
    if (!condition) log("error", `Assertion failed: ${args.map(printed).join(" ")}`);
  });
  captureStream("stdout", "info", log);
  captureStream("stderr", "error", log);
}

/** The real stream is made only when the hook asks for it: it costs a Worker half a megabyte. */
function captureStream(name: "stdout" | "stderr", level: LogLine["level"], log: Log): void {
  const original = Object.getOwnPropertyDescriptor(process, name);
  let stream: unknown;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: true,
    get: () => {
      if (stream === undefined) {
        stream = original?.get === undefined ? original?.value : (Reflect.apply(original.get, process, []) as unknown);
        if (typeof stream === "object" && stream !== null) Reflect.set(stream, "write", streamWriter(level, log));
      }
      return stream;
    },
  });
}

function streamWriter(level: LogLine["level"], log: Log) {
  return (data: unknown, ...rest: unknown[]): boolean => {
    log(level, (typeof data === "string" ? data : new TextDecoder().decode(data as Uint8Array)).replace(/\n$/, ""));
    const done = rest.at(-1);
    if (typeof done === "function") queueMicrotask(() => void Reflect.apply(done, undefined, []));
    return true;
  };
}

function printed(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return Bun.inspect(value, { colors: false, depth: 4 });
  } catch {
    return "(a value that cannot be printed)";
  }
}
