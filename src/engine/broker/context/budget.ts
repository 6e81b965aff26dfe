/** Bytes of UTF-8 that are taken for one token: right for English within a fifth, and never far too low for other scripts. */
const BYTES_PER_TOKEN = 4;

export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

/** The beginning and the end of a text that is too long, with what is missing said between them. */
export function cutMiddle(text: string, tokens: number): { readonly text: string; readonly cutTokens: number } {
  const all = tokensOf(text);
  if (all <= tokens) return { text, cutTokens: 0 };
  const note = `\n[... ${all - tokens} tokens left out here ...]\n`;
  const bytes = Math.max(0, tokens - tokensOf(note)) * BYTES_PER_TOKEN;
  const head = takeBytes(text, Math.ceil((bytes * 2) / 3), "start");
  const tail = takeBytes(text, Math.floor(bytes / 3), "end");
  return { text: `${head}${note}${tail}`, cutTokens: all - tokens };
}

/** At most so many bytes from one end, cut between characters. */
function takeBytes(text: string, bytes: number, end: "start" | "end"): string {
  const encoded = Buffer.from(text);
  if (end === "start") {
    let to = Math.min(bytes, encoded.length);
    while (to > 0 && isContinuation(encoded[to])) to -= 1;
    return encoded.toString("utf8", 0, to);
  }
  let from = Math.max(0, encoded.length - bytes);
  while (from < encoded.length && isContinuation(encoded[from])) from += 1;
  return encoded.toString("utf8", from);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
