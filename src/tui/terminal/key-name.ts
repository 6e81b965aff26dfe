import type { Key } from "ink";

/** What the keymap calls a key that Ink reports; undefined for what is no key of it. Printable text is itself. */
export function keyName(input: string, key: Key): string | undefined {
  const named: readonly (readonly [boolean, string])[] = [
    [key.upArrow, "up"], [key.downArrow, "down"], [key.leftArrow, "left"], [key.rightArrow, "right"],
    [key.pageUp, "pgup"], [key.pageDown, "pgdn"], [key.home, "home"], [key.end, "end"],
    [key.return, "enter"], [key.escape, "esc"], [key.tab && key.shift, "shift-tab"], [key.tab, "tab"],
    [key.backspace, "backspace"], [key.delete, "delete"],
  ];
  const found = named.find(([pressed]) => pressed)?.[1];
  if (found !== undefined) return found;
  if (key.ctrl && input.length === 1) return `ctrl-${input.toLowerCase()}`;
  // Alt and a letter is what some terminals send for a letter they have no other way to send.
  if (key.meta || input === "") return undefined;
  return input === " " ? "space" : input;
}
