import { NexusError } from "../../core/errors.ts";
import { NOTICE_KINDS, type NoticeKind } from "../../core/notice.ts";
import { nearest } from "../../core/nearest.ts";
import { formatEvent } from "../event-stream.ts";
import type { ApiHost } from "../host.ts";
import type { NumberedNotice } from "../notice-source.ts";
import { NoticeTail } from "../notice-tail.ts";
import type { Ask, Route } from "../route.ts";
import { HEARTBEAT_MS, MOST_LAST, type NoticeView } from "../wire.ts";

/** Read and sent in one go. A listener that does not keep up is read for when it has taken them: nothing is kept for it. */
const PAGE = 100;

interface Asked {
  readonly after: number | undefined;
  readonly last: number | undefined;
  readonly kinds: ReadonlySet<NoticeKind> | undefined;
}

/**
 * What nexus itself does, as it happens (server-sent events): `hello`, then `notice` for each, `gap` where some are
 * gone before they could be sent, `bye` when the daemon stops.
 */
export function noticesRoute(host: ApiHost): Route {
  const tail = new NoticeTail(host.notices);
  return {
    method: "GET",
    path: "/v1/notices",
    stream: true,
    answer: (ask) => {
      if (host.trouble !== undefined) throw host.trouble;
      const listener = new Listener(host, tail, ask, askedBy(ask.request));
      return new Response(listener.body(), { headers: { "content-type": "text/event-stream", "cache-control": "no-store" } });
    },
  };
}

class Listener {
  readonly #host: ApiHost;
  readonly #tail: NoticeTail;
  readonly #ask: Ask;
  readonly #kinds: Asked["kinds"];
  readonly #listening: Disposable;
  #sent: number;
  /** Goes before everything else. */
  #unsent = "";
  #spokeAt = performance.now();

  constructor(host: ApiHost, tail: NoticeTail, ask: Ask, { after, last, kinds }: Asked) {
    this.#host = host;
    this.#tail = tail;
    this.#ask = ask;
    this.#kinds = kinds;
    const { first, last: newest } = host.notices.span() ?? { first: 1, last: 0 };
    this.#sent = after === undefined ? Math.max(first - 1, newest - (last ?? 0)) : Math.min(after, newest);
    // A seq that was never given out is one of another database: a backup was restored.
    if (after !== undefined && after > newest) this.#unsent = gap(after, newest + 1);
    this.#listening = tail.listen();
  }

  body(): ReadableStream<Uint8Array> {
    const encoder = new TextEncoder();
    const hello = formatEvent({ event: "hello", data: JSON.stringify({ ...this.#host.facts, ready: this.#host.trouble === undefined, after: this.#sent }) });
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => controller.enqueue(encoder.encode(hello)),
        pull: async (controller) => {
          const text = await this.#next();
          if (text !== undefined) return controller.enqueue(encoder.encode(text));
          controller.enqueue(encoder.encode(formatEvent({ event: "bye", data: "{}" })));
          controller.close();
          this.#end();
        },
        cancel: () => this.#end(),
      },
      { highWaterMark: 1 },
    );
  }

  /** What is sent next; undefined at the end. Waits until there is something, or a sign of life is due. */
  async #next(): Promise<string | undefined> {
    while (!this.#ask.signal.aborted) {
      const text = this.#unsent + this.#page();
      this.#unsent = "";
      // By the time since the last word: notices of kinds that were not asked for are no sign of life.
      const silent = performance.now() - this.#spokeAt;
      if (text !== "" || silent >= HEARTBEAT_MS) {
        this.#spokeAt = performance.now();
        return text === "" ? ": alive\n\n" : text;
      }
      // Pages of other kinds only: whoever else waits for this thread goes between them.
      await new Promise<void>((resolve) => setImmediate(resolve));
      await this.#tail.newer(this.#sent, this.#ask.signal, HEARTBEAT_MS - silent);
    }
    return undefined;
  }

  #page(): string {
    try {
      const span = this.#host.notices.span();
      if (span === undefined || span.last <= this.#sent) return "";
      const gone = span.first > this.#sent + 1 ? gap(this.#sent, span.first) : "";
      const rows = this.#host.notices.after(this.#sent, PAGE);
      this.#sent = rows.at(-1)?.seq ?? span.last;
      return gone + rows.filter(({ kind }) => this.#kinds?.has(kind) ?? true).map(noticeEvent).join("");
    } catch {
      // The database is being reopened; the listener stays, and nothing is lost for it.
      return "";
    }
  }

  #end(): void {
    this.#listening[Symbol.dispose]();
    this.#ask.close();
  }
}

function gap(after: number, first: number): string {
  return formatEvent({ event: "gap", data: JSON.stringify({ after, first }), id: String(first - 1) });
}

function noticeEvent({ seq, id, at, kind, hook_id, event_id, data }: NumberedNotice): string {
  const view: NoticeView = { seq, id, at: new Date(at).toISOString(), kind, ...(hook_id === undefined ? {} : { hook_id }), ...(event_id === undefined ? {} : { event_id }), data };
  return formatEvent({ event: "notice", id: String(seq), data: JSON.stringify(view) });
}

function askedBy(request: Request): Asked {
  const given = new URL(request.url).searchParams;
  for (const name of given.keys()) if (!["after", "last", "kind"].includes(name)) throw invalid(`there is no parameter ${JSON.stringify(name)}; expected after, last or kind`);
  return {
    // The header wins: who reconnects by it asks again with the first URL.
    after: wholeNumber("after", request.headers.get("last-event-id") ?? given.get("after"), Number.MAX_SAFE_INTEGER),
    last: wholeNumber("last", given.get("last"), MOST_LAST),
    kinds: kindsOf(given.get("kind")),
  };
}

function wholeNumber(name: string, text: string | null, most: number): number | undefined {
  if (text === null) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > most) throw invalid(`${name} ${JSON.stringify(text)}: expected a whole number up to ${most}`);
  return value;
}

function kindsOf(text: string | null): ReadonlySet<NoticeKind> | undefined {
  if (text === null) return undefined;
  const kinds = text.split(",").map((word) => {
    const kind = NOTICE_KINDS.find((one) => one === word);
    if (kind === undefined) throw new NexusError("REQUEST_INVALID", `there is no kind of notice ${JSON.stringify(word)}`, { did_you_mean: nearest(word, NOTICE_KINDS) });
    return kind;
  });
  return new Set(kinds);
}

function invalid(message: string): NexusError {
  return new NexusError("REQUEST_INVALID", message, { hint: "docs/api.md has the parameters" });
}
