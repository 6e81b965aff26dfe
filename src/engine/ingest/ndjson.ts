import { NexusError } from "../core/errors.ts";
import type { Event } from "../core/event.ts";
import type { NormaliseOptions } from "./normalise.ts";
import { parseEventBytes, tooLarge } from "./normalise.ts";

/** One line of the input: an event, or why it is none. Lines count from 1; blank ones are passed over. */
export type NdjsonLine = { readonly line: number; readonly event: Event } | { readonly line: number; readonly error: NexusError };

const NEWLINE = 10;

/**
 * Reads newline-delimited JSON events, the lines that came together at a time: a reader may act on them at once instead
 * of waiting for more. A line longer than `maxBytes` is an error, and is never held whole.
 */
export async function* readNdjson(stream: AsyncIterable<Uint8Array>, options: NormaliseOptions): AsyncGenerator<NdjsonLine[]> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let size = 0;
  const take = (): readonly NdjsonLine[] => {
    const parsed = parseLine(line, Buffer.concat(parts), size, options);
    parts = [];
    size = 0;
    return parsed === undefined ? [] : [parsed];
  };
  for await (const chunk of stream) {
    const lines: NdjsonLine[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      size += end - start;
      if (size <= options.maxBytes) parts.push(chunk.subarray(start, end));
      lines.push(...take());
      line += 1;
      start = end + 1;
    }
    size += chunk.length - start;
    if (size <= options.maxBytes) parts.push(chunk.slice(start));
    else parts = [];
    if (lines.length > 0) yield lines;
  }
  const last = take();
  if (last.length > 0) yield [...last];
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
