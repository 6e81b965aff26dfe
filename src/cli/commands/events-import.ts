import { existsSync, fstatSync, statSync } from "node:fs";
import { loadConfig, type Config } from "../../engine/config.ts";
import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { readNdjson, type NdjsonLine } from "../../engine/ingest/ndjson.ts";
import type { NormaliseOptions } from "../../engine/ingest/normalise.ts";
import { Identity } from "../../engine/pipeline/identity.ts";
import { insertEvents } from "../../engine/store/events.ts";
import type { Store } from "../../engine/store/open.ts";
import { refuseWhenFull } from "../../engine/store/waiting.ts";
import type { Call, Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, emitLine, paint, printable, say } from "../output.ts";
import { causedByTurn, turnVariable } from "../turn-cause.ts";
import { withStore } from "../workspace.ts";

/** Events of one transaction: large enough to share the disk's wait, small enough not to hold up a running daemon. */
const BATCH = 500;
/** `--strict` holds everything until the last line is known to be good. */
const STRICT_BYTES = 256 * 1_048_576;

interface Input {
  readonly stream: AsyncIterable<Uint8Array>;
  /** All of it is there already: no line has to wait for a slow writer, so full batches cost nobody anything. */
  readonly whole: boolean;
}

interface Summary {
  stored: number;
  duplicates: number;
  readonly bad: { readonly line: number; readonly code: string; readonly message: string }[];
}

/** What one line came to, told by `--ack` when its transaction is committed. */
type Ack = { readonly line: number; readonly id: string; readonly seq: number; readonly duplicate: boolean } | { readonly line: number; readonly error: { readonly code: string; readonly message: string } };

export const run: Run = async (call) => {
  const config = loadConfig(call.home);
  const dispatch = turnVariable("NEXUS_DISPATCH_ID");
  const { events } = config;
  // A stream may last for days: each line has its own time.
  const options: NormaliseOptions = { get now() { return Date.now(); }, maxBytes: events.max_bytes };
  const [strict, ack, dryRun] = [flag(call, "strict"), flag(call, "ack"), flag(call, "dryRun")];
  if (ack && dryRun) throw new NexusError("USAGE", "--ack tells what is stored, and --dry-run stores nothing; give one of them");
  const input = inputOf(call.args[0] ?? "-");
  const summary: Summary = { stored: 0, duplicates: 0, bad: [] };
  let failed = false;
  const readAll = async (write: (lines: readonly NdjsonLine[]) => readonly Ack[]): Promise<void> => {
    for await (const lines of batches(input, strict, options)) {
      const bad = lines.filter((line) => "error" in line);
      failed ||= bad.length > 0;
      if (strict && failed) throw refused(bad);
      const acks = write(lines);
      if (ack) await emitLine(acks.map((line) => printable(JSON.stringify(line))).join("\n"));
      else note(bad, call, summary);
    }
  };
  if (dryRun) await readAll((lines) => ((summary.stored += lines.filter((line) => "event" in line).length), []));
  else await withStore(call, "create", (store) => readAll((lines) => insert(store, lines, config, dispatch, summary)));
  if (!ack) print(call, summary, dryRun);
  return failed ? EXIT.findings : EXIT.done;
};

/** What is stored together. A line that came alone goes alone: whoever wrote it may be waiting to hear of it. */
async function* batches({ stream, whole }: Input, strict: boolean, options: NormaliseOptions): AsyncGenerator<readonly NdjsonLine[]> {
  const gathered: NdjsonLine[] = [];
  for await (const lines of readNdjson(strict ? bounded(stream) : stream, options)) {
    gathered.push(...lines);
    if (strict) continue;
    while (gathered.length >= BATCH) yield gathered.splice(0, BATCH);
    if (!whole && gathered.length > 0) yield gathered.splice(0);
  }
  if (gathered.length > 0) yield gathered;
}

function insert(store: Store, lines: readonly NdjsonLine[], { events: limits, access, persona }: Config, dispatch: string | undefined, summary: Summary): readonly Ack[] {
  const given = lines.flatMap((line) => ("event" in line ? [causedByTurn(line.event, dispatch)] : []));
  const inserted = given.length === 0 ? [] : store.write(() => {
    refuseWhenFull(store, limits.max_waiting, given);
    // Made anew for each transaction: a stream may last for days, and persons change meanwhile.
    const { standingOf } = new Identity({ store, policies: access, persona });
    return insertEvents(store, given, { maxDepth: limits.max_depth, maxChain: limits.max_chain, standingOf });
  });
  const duplicates = inserted.filter(({ duplicate }) => duplicate).length;
  summary.duplicates += duplicates;
  summary.stored += inserted.length - duplicates;
  const stored = inserted.values();
  return lines.map((line): Ack => {
    if ("error" in line) return { line: line.line, error: { code: line.error.code, message: line.error.message } };
    const { value } = stored.next();
    if (value === undefined) throw new Error(`line ${line.line} was neither stored nor refused`);
    return { line: line.line, id: value.event.id, seq: value.event.seq, duplicate: value.duplicate };
  });
}

function note(bad: readonly { readonly line: number; readonly error: NexusError }[], call: Call, summary: Summary): void {
  for (const { line, error } of bad) {
    summary.bad.push({ line, code: error.code, message: error.message });
    if (!call.json) say(`line ${line}: ${printable(error.message)} [${error.code}]`);
  }
}

function inputOf(path: string): Input {
  if (path === "-") return { stream: Bun.stdin.stream(), whole: fstatSync(0).isFile() };
  if (!existsSync(path) || !statSync(path).isFile()) throw new NexusError("FILE_NOT_FOUND", `${path} is not a file that can be read`);
  return { stream: Bun.file(path).stream(), whole: true };
}

async function* bounded(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > STRICT_BYTES) throw new NexusError("EVENT_TOO_LARGE", `--strict takes at most ${STRICT_BYTES} bytes; nothing was stored`, { hint: "split the input, or leave --strict away" });
    yield chunk;
  }
}

function refused(bad: readonly { readonly line: number; readonly error: NexusError }[]): NexusError {
  const count = bad.length === 1 ? "1 line is" : `${bad.length} lines are`;
  return new NexusError("EVENT_INVALID", `${count} bad, and --strict was given; nothing was stored`, {
    findings: bad.map(({ line, error: { code, message } }) => ({ code, line, message })),
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
