/** What a terminal sends for the keys that are no text, as the keymap names them. */
const SEQUENCES: Readonly<Record<string, string>> = {
  up: "\u001b[A", down: "\u001b[B", right: "\u001b[C", left: "\u001b[D", pgup: "\u001b[5~", pgdn: "\u001b[6~", home: "\u001b[H", end: "\u001b[F",
  enter: "\r", esc: "\u001b", tab: "\t", "shift-tab": "\u001b[Z", space: " ", f1: "\u001bOP", "ctrl-c": "\u0003",
};

/** The bytes of a key; what is no name of one is text that is typed. */
export function keyBytes(key: string): string {
  return SEQUENCES[key] ?? key;
}
