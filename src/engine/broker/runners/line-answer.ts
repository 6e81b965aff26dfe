import { addUsage, fieldsOf, optional, type AgentError, type Answer, type AnswerEvents, type AnswerReader, type Fields } from "./answer.ts";
import { excerpt } from "./json-answer.ts";
import { KeptOutput } from "./kept-output.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { Usage } from "../../core/turn.ts";

/** What one line of an output means for the answer. */
export interface Sign {
  /** A part of the answer, as it comes. */
  readonly piece?: string;
  /** What came until now was not the answer yet: it begins anew. */
  readonly anew?: true;
  /** The whole answer. Several, where several texts were answered in one turn, are all of it. */
  readonly answer?: string;
  readonly session?: string;
  /** Of a part of the turn: added up. */
  readonly usage?: Usage;
  /** Of the turn until now: the last one counts. */
  readonly cost_so_far_usd?: number;
  /** The turn failed. */
  readonly error?: AgentError;
  /** May explain a failure, and is none by itself. */
  readonly warning?: string;
  /** The turn is over. */
  readonly complete?: true;
}

/** Reads one line of a format. Undefined: it means nothing for the answer. */
export type ReadLine = (event: Fields) => Sign | undefined;

/** Formats of JSON lines: a JSON object a line, read by `readLine`. Other lines are counted and left out. */
export class LineAnswer implements AnswerReader {
  readonly #limit: number;
  readonly #readLine: ReadLine;
  readonly #events: AnswerEvents;
  readonly #lines: LineSplitter;
  readonly #answers: string[] = [];
  #pieces: KeptOutput;
  #earlier: KeptOutput | undefined;
  #session: string | undefined;
  #usage: Usage | undefined;
  #cost: number | undefined;
  #error: AgentError | undefined;
  #warning: string | undefined;
  #read = 0;
  #foreign = 0;
  #firstForeign = "";

  constructor(limit: number, readLine: ReadLine, events: AnswerEvents) {
    this.#limit = limit;
    this.#readLine = readLine;
    this.#events = events;
    this.#pieces = new KeptOutput(limit);
    this.#lines = new LineSplitter(limit, (line, dropped) => this.#line(line, dropped));
  }

  feed(bytes: Uint8Array): void {
    this.#lines.feed(bytes);
  }

  finish(): Answer {
    this.#lines.end();
    const usage = addUsage(this.#usage, this.#cost === undefined ? undefined : { cost_usd: this.#cost });
    const pieces = this.#pieces.total > 0 ? this.#pieces : this.#earlier;
    const text = this.#answers.length > 0 ? this.#answers.join("\n\n") : pieces?.text();
    return {
      truncated_bytes: this.#answers.length > 0 ? 0 : (pieces?.leftOut ?? 0),
      ...(text === undefined ? { problem: this.#problem() } : { text }),
      ...optional({ error: this.#error, agent_session: this.#session, usage }),
    };
  }

  #problem(): string {
    const foreign = this.#foreign === 0 ? "" : `; ${this.#foreign} lines are not JSON objects, the first: ${excerpt(this.#firstForeign)}`;
    return `no answer in ${this.#read} lines of JSON${foreign}${this.#warning === undefined ? "" : `; it warned: ${this.#warning}`}`;
  }

  #line(line: string, dropped: number): void {
    if (line.trim() === "") return;
    const event = dropped === 0 ? parse(line) : undefined;
    if (event === undefined) {
      if (this.#foreign === 0) this.#firstForeign = dropped === 0 ? line : `(a line of ${Buffer.byteLength(line) + dropped} bytes, longer than is kept) ${line.slice(0, 100)}`;
      this.#foreign += 1;
      return;
    }
    this.#read += 1;
    const sign = this.#readLine(event);
    if (sign !== undefined) this.#take(sign);
  }

  #take(sign: Sign): void {
    if (sign.anew === true && this.#pieces.total > 0) {
      this.#earlier = this.#pieces;
      this.#pieces = new KeptOutput(this.#limit);
    }
    if (sign.piece !== undefined) this.#pieces.add(Buffer.from(sign.piece));
    if (sign.answer !== undefined) this.#answers.push(sign.answer);
    this.#usage = addUsage(this.#usage, sign.usage);
    this.#cost = sign.cost_so_far_usd ?? this.#cost;
    this.#error = sign.error ?? this.#error;
    this.#warning = sign.warning ?? this.#warning;
    if (sign.session !== undefined && sign.session !== this.#session) {
      this.#session = sign.session;
      this.#events.onSession(sign.session);
    }
    if (sign.complete === true) this.#events.onComplete();
  }
}

function parse(line: string): Fields | undefined {
  try {
    return fieldsOf(JSON.parse(line));
  } catch {
    return undefined;
  }
}
