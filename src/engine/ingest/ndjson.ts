import { NexusError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import type { NormaliseOptions } from "./normalise.ts";
import { parseEventBytes, tooLarge } from "./normalise.ts";

/** One line of the input: an event, or why it is none. Lines count from 1; blank ones are passed over. */
export type NdjsonLine = { readonly line: number; readonly event: Event } | { readonly line: number; readonly error: NexusError };

const NEWLINE = 10;

/** Reads newline-delimited JSON events. A line longer than `maxBytes` is an error, and is never held whole. */
export async function* readNdjson(stream: AsyncIterable<Uint8Array>, options: NormaliseOptions): AsyncGenerator<NdjsonLine> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): NdjsonLine | undefined => {
    const bytes = Buffer.concat(parts);
    const length = size;
    parts = [];
    size = 0;
    return parseLine(line, bytes, length, options);
  };
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      size += end - start;
      if (size <= options.maxBytes) parts.push(chunk.subarray(start, end));
      const parsed = take();
      if (parsed !== undefined) yield parsed;
      line += 1;
      start = end + 1;
    }
    size += chunk.length - start;
    if (size <= options.maxBytes) parts.push(chunk.slice(start));
    else parts = [];
  }
  const last = take();
  if (last !== undefined) yield last;
}

function parseLine(line: number, bytes: Uint8Array, length: number, options: NormaliseOptions): NdjsonLine | undefined {
  if (length > options.maxBytes) {
    return { line, error: tooLarge(length, options.maxBytes) };
  }
  if (bytes.every((byte) => byte === 32 || byte === 9 || byte === 13)) return undefined;
  try {
    return { line, event: parseEventBytes(bytes, options) };
  } catch (error) {
    if (!(error instanceof NexusError)) throw error;
    return { line, error };
  }
}
