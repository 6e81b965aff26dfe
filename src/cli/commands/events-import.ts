import { existsSync, statSync } from "node:fs";
import { loadConfig } from "../../engine/config.ts";
import { EXIT, NexusError } from "../../engine/core/errors.ts";
import type { NewEvent } from "../../engine/core/event.ts";
import { readNdjson } from "../../engine/ingest/ndjson.ts";
import type { NormaliseOptions } from "../../engine/ingest/normalise.ts";
import { insertEvents } from "../../engine/store/events.ts";
import type { Store } from "../../engine/store/open.ts";
import type { Call, Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, paint, printable, say } from "../output.ts";
import { causedByTurn } from "../turn-cause.ts";
import { withStore } from "../workspace.ts";

/** Events of one transaction: large enough to share the disk's wait, small enough not to hold up a running daemon. */
const BATCH = 500;
/** `--strict` holds everything until the last line is known to be good. */
const STRICT_BYTES = 256 * 1_048_576;

interface Summary {
  stored: number;
  duplicates: number;
  readonly bad: { readonly line: number; readonly code: string; readonly message: string }[];
}

export const run: Run = async (call) => {
  const { events } = loadConfig(call.home);
  const options: NormaliseOptions = { now: Date.now(), maxBytes: events.max_bytes };
  const stream = streamOf(call.args[0] ?? "-");
  const dryRun = flag(call, "dryRun");
  const strict = flag(call, "strict");
  const summary: Summary = { stored: 0, duplicates: 0, bad: [] };
  const readAll = async (write: (batch: readonly NewEvent[]) => void): Promise<void> => {
    let batch: NewEvent[] = [];
    for await (const line of readNdjson(strict ? bounded(stream) : stream, options)) {
      if ("error" in line) {
        summary.bad.push({ line: line.line, code: line.error.code, message: line.error.message });
        if (!call.json && !strict) say(`line ${line.line}: ${printable(line.error.message)} [${line.error.code}]`);
        continue;
      }
      batch.push(causedByTurn(line.event, process.env));
      if (strict || batch.length < BATCH) continue;
      write(batch);
      batch = [];
    }
    if (strict && summary.bad.length > 0) throw refused(summary);
    if (batch.length > 0) write(batch);
  };
  if (dryRun) await readAll((batch) => void (summary.stored += batch.length));
  else await withStore(call, "create", (store) => readAll((batch) => insert(store, batch, { maxDepth: events.max_depth, maxChain: events.max_chain }, summary)));
  print(call, summary, dryRun);
  return summary.bad.length > 0 ? EXIT.findings : EXIT.done;
};

function insert(store: Store, batch: readonly NewEvent[], limits: Parameters<typeof insertEvents>[2], summary: Summary): void {
  const inserted = store.write(() => insertEvents(store, batch, limits));
  const duplicates = inserted.filter(({ duplicate }) => duplicate).length;
  summary.duplicates += duplicates;
  summary.stored += inserted.length - duplicates;
}

function streamOf(path: string): AsyncIterable<Uint8Array> {
  if (path === "-") return Bun.stdin.stream();
  if (!existsSync(path) || !statSync(path).isFile()) throw new NexusError("FILE_NOT_FOUND", `${path} is not a file that can be read`);
  return Bun.file(path).stream();
}

async function* bounded(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > STRICT_BYTES) throw new NexusError("EVENT_TOO_LARGE", `--strict takes at most ${STRICT_BYTES} bytes; nothing was stored`, { hint: "split the input, or leave --strict away" });
    yield chunk;
  }
}

function refused({ bad }: Summary): NexusError {
  const count = bad.length === 1 ? "1 line is" : `${bad.length} lines are`;
  return new NexusError("EVENT_INVALID", `${count} bad, and --strict was given; nothing was stored`, {
    findings: bad.map(({ code, line, message }) => ({ code, line, message })),
  });
}

function print(call: Call, summary: Summary, dryRun: boolean): void {
  if (call.json) return emitJson({ ...summary, ...(dryRun ? { dry_run: true } : {}) });
  if (call.quiet) return emit(String(summary.stored));
  const parts = [`${summary.stored} ${dryRun ? "would be stored (those known already are not counted out)" : "stored"}`];
  if (summary.duplicates > 0) parts.push(`${summary.duplicates} were there already`);
  if (summary.bad.length > 0) parts.push(`${summary.bad.length} bad`);
  emit(`${summary.bad.length === 0 ? paint("green", "✓") : paint("yellow", "!")} Events: ${parts.join(", ")}`);
}
