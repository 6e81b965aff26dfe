import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { NewEvent } from "../src/engine/core/event.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../src/engine/store/open.ts";
import { LineReader, LineWriter } from "./lines.ts";
import type { Subject, SubjectOptions } from "./subject.ts";

/** Events that travel together at most, and batches under way at once: the best of 32 to 512 and 1 to 8 that were tried. */
const BATCH = 256;
const UNDER_WAY = 4;
const FIRES = '{"fire":true}';
const FIRES_NOT = '{"fire":false}';

interface Answer {
  /** Batch, hook, and for each event [fired, started at, µs]. */
  readonly b: number;
  readonly h: number;
  readonly r: readonly (readonly [fired: number, startedAt: number, us: number])[];
}

interface Batch {
  readonly events: readonly NewEvent[];
  readonly answers: Answer[];
}

export interface FloorOptions extends SubjectOptions {
  /**
   * `with`: one transaction a batch, events and invocations, when all hooks have answered. `before`: the events in a
   * transaction of their own before any hook sees them, which is what an early acknowledgement asks for.
   */
  readonly events: "with" | "before";
}

/**
 * The least a program can do and still do this job: nexus's own schema and pragmas, one child process over a Unix
 * socket, NDJSON, one Worker a hook. No triggers, limits, breaker, order, logs, statistics, full text or recovery.
 * Adaptive batching of the simplest kind: what has queued up when there is room is the next batch.
 */
export class Floor implements Subject {
  onCommitted: (eventIds: readonly string[]) => void = () => undefined;
  readonly #options: FloorOptions;
  readonly #store: Store;
  readonly #child: Bun.Subprocess;
  readonly #server: Bun.UnixSocketListener<undefined>;
  readonly #folder: string;
  readonly #insertEvent;
  readonly #insertInvocation;
  readonly #batches = new Map<number, Batch>();
  readonly #connected = Promise.withResolvers<void>();
  #writer: LineWriter | undefined;
  #queue: NewEvent[] = [];
  #planned = false;
  #nextBatch = 1;
  #nextInvocation = 1;

  private constructor(options: FloorOptions) {
    this.#options = options;
    this.#store = openStore(options.home, { ...DEFAULT_STORE_OPTIONS, durability: options.durability, checkpoints: true });
    // A bare program folds its log back by itself, on the thread that writes, as SQLite does.
    this.#store.db.run("PRAGMA wal_autocheckpoint = 2000");
    this.#insertEvent = this.#store.db.prepare(
      `INSERT INTO events(id, timestamp, received_at, type, channel, content, content_types, direction, thread_id, sender_id, source_adapter, source_id, metadata_json)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#insertInvocation = this.#store.db.prepare(
      `INSERT INTO hook_invocations(id, hook_id, event_id, started_at, finished_at, latency_ms, fired, result_json, version_id, outcome, latency_us)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#folder = mkdtempSync(join(tmpdir(), "nexus-fl-"));
    const path = join(this.#folder, "s");
    const reader = new LineReader((line) => this.#answered(JSON.parse(line) as Answer));
    this.#server = Bun.listen<undefined>({
      unix: path,
      socket: {
        open: (socket) => {
          this.#writer = new LineWriter(socket);
          this.#connected.resolve();
        },
        data: (_, bytes) => reader.feed(bytes),
        drain: () => this.#writer?.drained(),
      },
    });
    this.#child = Bun.spawn([process.execPath, new URL("./floor-child.ts", import.meta.url).pathname, path, String(options.hooks)], {
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
    });
  }

  static async open(options: FloorOptions): Promise<Floor> {
    const floor = new Floor(options);
    await floor.#connected.promise;
    return floor;
  }

  emit(events: readonly NewEvent[]): void {
    this.#queue.push(...events);
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#fill();
    });
  }

  async close(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#child.exited;
    this.#server.stop(true);
    this.#store.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #fill(): void {
    while (this.#queue.length > 0 && this.#batches.size < UNDER_WAY) {
      const events = this.#queue.splice(0, BATCH);
      if (this.#options.events === "before") this.#store.write(() => this.#storeEvents(events));
      const b = this.#nextBatch++;
      this.#batches.set(b, { events, answers: [] });
      this.#writer?.write(`${JSON.stringify({ b, e: events })}\n`);
    }
  }

  #answered(answer: Answer): void {
    const batch = this.#batches.get(answer.b);
    if (batch === undefined) throw new Error(`an answer to the unknown batch ${answer.b}`);
    if (batch.answers.push(answer) < this.#options.hooks) return;
    this.#batches.delete(answer.b);
    const committed: string[] = [];
    this.#store.write(() => {
      if (this.#options.events === "with") this.#storeEvents(batch.events);
      for (const { h, r } of batch.answers) this.#storeInvocations(batch.events, h, r, committed);
    });
    this.onCommitted(committed);
    this.#fill();
  }

  #storeEvents(events: readonly NewEvent[]): void {
    for (const event of events) {
      this.#insertEvent.run(
        event.id,
        event.timestamp,
        event.received_at,
        event.type,
        event.channel,
        event.content ?? null,
        "[]",
        event.direction,
        event.thread_id ?? null,
        event.sender_id ?? null,
        event.source_adapter,
        event.source_id,
        JSON.stringify(event.metadata),
      );
    }
  }

  #storeInvocations(events: readonly NewEvent[], hook: number, results: Answer["r"], committed: string[]): void {
    const hookId = `hook_${String(hook).padStart(26, "0")}`;
    const versionId = `ver_${String(hook).padStart(26, "0")}`;
    for (const [index, [fired, startedAt, us]] of results.entries()) {
      const eventId = events[index]?.id ?? "";
      // As long as nexus's own ids, and in order as they are.
      const id = `inv_${String(this.#nextInvocation++).padStart(26, "0")}`;
      this.#insertInvocation.run(id, hookId, eventId, startedAt, startedAt + Math.round(us / 1_000), Math.round(us / 1_000), fired, fired === 1 ? FIRES : FIRES_NOT, versionId, "no_fire", us);
      committed.push(eventId);
    }
  }
}
