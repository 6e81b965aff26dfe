import { NexusError } from "../core/errors.ts";

/** Reads a body up to a limit; what is beyond is not read. */
export async function readJson(request: Request, maxBytes: number, signal: AbortSignal): Promise<unknown> {
  const bytes = await readBytes(request, maxBytes, signal);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new NexusError("REQUEST_INVALID", "the body is not JSON", { hint: "one JSON object in UTF-8 is expected", cause: error });
  }
}

async function readBytes(request: Request, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  // Said before it is sent: no byte of it need be read.
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const body: ReadableStream<Uint8Array> | null = request.body;
  for await (const part of body ?? []) {
    signal.throwIfAborted();
    bytes += part.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function tooLarge(maxBytes: number): NexusError {
  return new NexusError("REQUEST_TOO_LARGE", `the body has more than ${maxBytes} bytes`);
}
