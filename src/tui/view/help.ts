import { ACTIONS } from "../actions/actions.ts";
import { GLOBAL_COMMANDS, keyLabel, type Command, type Group } from "../keymap.ts";
import { line, span, type Line } from "../look/line.ts";

const TITLES: Readonly<Record<Group, string>> = { go: "Where to", move: "In a list", look: "Looking", act: "Doing", leave: "Leaving" };

/** Every key, from the keymap; in two columns where there is room. */
export function helpLines(columns: number): Line[] {
  const blocks = (Object.keys(TITLES) as Group[]).map((group): Line[] => [[span("strong", TITLES[group])], ...GLOBAL_COMMANDS.filter((one) => one.group === group).map(globalLine), ...(group === "act" ? actionLines() : []), []]);
  const closing: Line[] = [
    [span("dim", "The mouse is the terminal's: select and copy as ever. y copies the id under the cursor, also over SSH (OSC 52).")],
    [span("dim", "Any other key closes this help.")],
  ];
  if (columns < 110) return [...blocks.flat(), ...closing];
  const left = [...(blocks[0] ?? []), ...(blocks[1] ?? [])];
  const right = blocks.slice(2).flat();
  const half = Math.floor(columns / 2);
  const rows = Array.from({ length: Math.max(left.length, right.length) }, (_, at): Line => {
    const first = left[at] ?? [];
    const used = first.reduce((sum, { text }) => sum + text.length, 0);
    return [...first, { text: " ".repeat(Math.max(1, half - used)) }, ...(right[at] ?? [])];
  });
  return [...rows, ...closing];
}

function globalLine({ keys, title }: Command): Line {
  return line(span("accent", keys.map(keyLabel).join(" ").padEnd(18)), title);
}

function actionLines(): Line[] {
  return ACTIONS.map(({ key, title, on }) => line(span("accent", key.padEnd(18)), title, on === undefined ? undefined : span("dim", `  ${on.join(", ").replaceAll("_", " ")}`)));
}
