import type { NewEvent } from "../src/engine/core/event.ts";
import { percentile } from "./statistics.ts";
import type { Subject } from "./subject.ts";
import { CHANNEL } from "./trivial-hooks.ts";

const TEXT = "Could you look at the invoice from last week? I think the second position is wrong, and Casey needs it by Friday.";
const THREADS = 20;
const SENDERS = 50;
/** Events that are under way at once in the saturated load, and those of one call. */
const WINDOW = 2_048;
const CALL = 16;

export interface Saturated {
  readonly events_per_s: number;
  readonly pairs_per_s: number;
  readonly us_per_event: number;
}

export interface Latencies {
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/** `message`: text of a sender in a thread, so nexus also keeps full text, participants and episodes. `webhook`: a payload alone. */
export type EventKind = "message" | "webhook";

/** A load to put on a subject; `hooks` invocation rows end an event. */
export class Loads {
  readonly #subject: Subject;
  readonly #hooks: number;
  readonly #kind: EventKind;
  #made = 0;

  constructor(subject: Subject, hooks: number, kind: EventKind) {
    this.#subject = subject;
    this.#hooks = hooks;
    this.#kind = kind;
  }

  /** Loads the code of both sides and starts every Worker. */
  async warmUp(): Promise<void> {
    for (let n = 0; n < 5; n += 1) await this.oneAtATime(20);
    await this.saturated(2_000);
  }

  /** As many events as it can take: a fixed number is always under way. */
  async saturated(events: number): Promise<Saturated> {
    const calls = Array.from({ length: Math.ceil(events / CALL) }, () => this.#events(CALL));
    const total = calls.length * CALL;
    const done = Promise.withResolvers<void>();
    let sent = 0;
    let pairs = 0;
    const send = (): void => {
      while (sent < total && sent - pairs / this.#hooks < WINDOW) {
        this.#subject.emit(calls[sent / CALL] ?? []);
        sent += CALL;
      }
    };
    this.#subject.onCommitted = (ids) => {
      pairs += ids.length;
      if (pairs === total * this.#hooks) done.resolve();
      else send();
    };
    const start = performance.now();
    send();
    await done.promise;
    const ms = performance.now() - start;
    return { events_per_s: (total / ms) * 1_000, pairs_per_s: (pairs / ms) * 1_000, us_per_event: (ms / total) * 1_000 };
  }

  /** The next event when all rows of the one before are committed: from the call to that commit. */
  async oneAtATime(events: number): Promise<Latencies> {
    const latencies: number[] = [];
    for (const event of this.#events(events)) {
      const done = Promise.withResolvers<void>();
      let pairs = 0;
      this.#subject.onCommitted = (ids) => {
        pairs += ids.length;
        if (pairs === this.#hooks) done.resolve();
      };
      const start = performance.now();
      this.#subject.emit([event]);
      await done.promise;
      latencies.push(performance.now() - start);
    }
    return summary(latencies);
  }

  /**
   * Open loop: events come at a fixed rate, whatever became of those before. Latency counts from when an event was due,
   * so a generator that is kept from its turn hides nothing.
   */
  async atRate(eventsPerSecond: number, seconds: number): Promise<Latencies> {
    const events = this.#events(Math.round(eventsPerSecond * seconds));
    const left = new Map(events.map((event, index) => [event.id, { due: (index / eventsPerSecond) * 1_000, pairs: this.#hooks }]));
    const latencies: number[] = [];
    const done = Promise.withResolvers<void>();
    const start = performance.now();
    this.#subject.onCommitted = (ids) => {
      const now = performance.now() - start;
      for (const id of ids) {
        const entry = left.get(id);
        if (entry === undefined) continue;
        entry.pairs -= 1;
        if (entry.pairs === 0) latencies.push(now - entry.due);
      }
      if (latencies.length === events.length) done.resolve();
    };
    let sent = 0;
    const timer = setInterval(() => {
      const due = Math.min(events.length, Math.ceil(((performance.now() - start) / 1_000) * eventsPerSecond));
      if (due > sent) this.#subject.emit(events.slice(sent, due));
      sent = due;
      if (sent === events.length) clearInterval(timer);
    }, 1);
    await done.promise;
    return summary(latencies);
  }

  #events(count: number): NewEvent[] {
    const now = Date.now();
    return Array.from({ length: count }, () => {
      const n = this.#made++;
      return this.#kind === "message" ? messageEvent(n, now + n) : webhookEvent(n, now + n);
    });
  }
}

function messageEvent(n: number, at: number): NewEvent {
  const rest = { type: "message", content: `${n}: ${TEXT}`, thread_id: `thread-${n % THREADS}`, sender_id: `sender-${n % SENDERS}` };
  return { ...base(n, at), ...rest, metadata: { n, repository: { name: "nexus" } } };
}

function webhookEvent(n: number, at: number): NewEvent {
  return { ...base(n, at), type: "webhook", metadata: { source: "bench", n, repository: { name: "nexus" }, issue: { title: TEXT } } };
}

function base(n: number, at: number): Omit<NewEvent, "type" | "metadata"> {
  return { id: `bench:${n}`, timestamp: at, received_at: at, channel: CHANNEL, content_types: [], direction: "received", source_adapter: "bench", source_id: String(n), depth: 0 };
}

function summary(latencies: readonly number[]): Latencies {
  return { p50_ms: percentile(latencies, 0.5), p99_ms: percentile(latencies, 0.99), max_ms: Math.max(...latencies) };
}
