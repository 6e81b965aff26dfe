import { NexusError } from "../core/errors.ts";

/** Far more than any notice has, in characters: an event without an end comes from something else than a daemon. */
const LONGEST_EVENT = 4_194_304;

/** One event of a stream of server-sent events. */
export interface ServerSentEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

/** As it goes over the line: WHATWG HTML, "Server-sent events". Data of several lines becomes several fields. */
export function formatEvent({ event, data, id }: ServerSentEvent): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\n${data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("")}\n`;
}

/** Puts events together from pieces that are cut anywhere. Comments come out as `undefined`: a sign of life. */
export class EventStreamParser {
  readonly #decoder = new TextDecoder();
  #rest = "";
  #event = "";
  #data: string[] = [];
  #id: string | undefined;
  /** Characters of the fields so far. */
  #length = 0;

  /** Throws DAEMON_UNREACHABLE for an event without an end. */
  *push(bytes: Uint8Array): Generator<ServerSentEvent | undefined> {
    const text = this.#rest + this.#decoder.decode(bytes, { stream: true });
    // A CR at the very end may be half of a CRLF.
    const whole = text.endsWith("\r") ? text.slice(0, -1) : text;
    const lines = whole.split(/\r\n|\r|\n/);
    this.#rest = (lines.pop() ?? "") + (text.endsWith("\r") ? "\r" : "");
    for (const line of lines) yield* this.#take(line);
    if (this.#length + this.#rest.length > LONGEST_EVENT) throw new NexusError("DAEMON_UNREACHABLE", `an event on its stream is longer than ${LONGEST_EVENT} characters`, { hint: "use the same version of nexus for both" });
  }

  *#take(line: string): Generator<ServerSentEvent | undefined> {
    if (line === "") {
      const event = this.#event === "" ? "message" : this.#event;
      if (this.#data.length > 0) yield { event, data: this.#data.join("\n"), ...(this.#id === undefined ? {} : { id: this.#id }) };
      this.#event = "";
      this.#data = [];
      this.#length = 0;
      return;
    }
    this.#length += line.length;
    const [, field = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (line.startsWith(":")) yield undefined;
    else if (field === "event") this.#event = value;
    else if (field === "data") this.#data.push(value);
    else if (field === "id" && !value.includes("\0")) this.#id = value;
  }
}
