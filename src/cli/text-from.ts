import { createReadStream } from "node:fs";
import { NexusError } from "../engine/core/errors.ts";

/**
 * The text of a file, or (`-`) of standard input, for a new passage. It is read no further than a passage may be long: the
 * source may have no end, and of more than 2 GB Bun makes nothing at all. Throws FILE_NOT_FOUND, PASSAGE_INVALID, and USAGE for what is not UTF-8.
 */
export async function textFrom(path: string, mostBytes: number): Promise<string> {
  const place = path === "-" ? "standard input" : path;
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Bun's own stream of a file cannot read a device.
    for await (const chunk of path === "-" ? Bun.stdin.stream() : (createReadStream(path) as AsyncIterable<Uint8Array>)) {
      size += chunk.length;
      if (size > mostBytes) throw new NexusError("PASSAGE_INVALID", `${place} has more than ${mostBytes} bytes, as many as refs.max_passage_bytes allows`);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof NexusError) throw error;
    throw new NexusError("FILE_NOT_FOUND", `cannot read ${place}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    throw new NexusError("USAGE", `${place} is not UTF-8 text`, { cause: error });
  }
}
