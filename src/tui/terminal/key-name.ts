import type { Key } from "ink";

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** What the keymap calls the keys that Ink reports; printable text is itself. Keys that come faster than they are read come as one text. */
export function keyNames(input: string, key: Key): readonly string[] {
  const named: readonly (readonly [boolean, string])[] = [
    [key.upArrow, "up"], [key.downArrow, "down"], [key.leftArrow, "left"], [key.rightArrow, "right"],
    [key.pageUp, "pgup"], [key.pageDown, "pgdn"], [key.home, "home"], [key.end, "end"],
    [key.return, "enter"], [key.escape, "esc"], [key.tab && key.shift, "shift-tab"], [key.tab, "tab"],
    [key.backspace, "backspace"], [key.delete, "delete"],
  ];
  const found = named.find(([pressed]) => pressed)?.[1];
  if (found !== undefined) return [found];
  if (key.ctrl && input.length === 1) return [`ctrl-${input.toLowerCase()}`];
  // Alt and a letter is what some terminals send for a letter they have no other way to send.
  // The beginning of a sequence that the line has cut in two is no text.
  if (key.meta || /^\[[\d;?]+$/.test(input)) return [];
  return [...graphemes.segment(input)].map(({ segment }) => typed(segment));
}

function typed(character: string): string {
  if (character === " ") return "space";
  if (character === "\t") return "tab";
  if (/^[\r\n]/.test(character)) return "enter";
  return character < " " ? `ctrl-${String.fromCharCode(character.charCodeAt(0) + 96)}` : character;
}
