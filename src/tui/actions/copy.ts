/** Longer texts terminals cut or refuse (xterm's limit is 100 000 bytes of base64). */
const MOST_BYTES = 74_000;

/**
 * The escape sequence that puts a text on the clipboard of whoever sits before the terminal, over SSH too (OSC 52). tmux hands
 * on only what is wrapped for it.
 */
export function copySequence(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const bytes = Buffer.from(text).subarray(0, MOST_BYTES).toString("base64");
  const sequence = `\u001b]52;c;${bytes}\u0007`;
  return (env["TMUX"] ?? "") === "" ? sequence : `\u001bPtmux;${sequence.replaceAll("\u001b", "\u001b\u001b")}\u001b\\`;
}
