import { actionsOn } from "./actions/actions.ts";
import type { Dashboard } from "./dashboard.ts";
import { commandOf, GLOBAL_COMMANDS, type Command } from "./keymap.ts";

/** The commands that are possible here, whose titles have the letters in their order; the closest first. */
export function found(desk: Dashboard, text: string): readonly Command[] {
  const possible = [...actionsOn(desk.subject()?.kind).map(commandOf), ...GLOBAL_COMMANDS.filter(({ group }) => group !== "move")];
  return possible
    .flatMap((command) => {
      const score = closeness(command.title.toLowerCase(), text.toLowerCase().trim());
      return score === undefined ? [] : [{ command, score }];
    })
    .sort((one, other) => one.score - other.score)
    .map(({ command }) => command);
}

export function chosen(choices: readonly Command[], index: number): string | undefined {
  return choices[Math.min(index, choices.length - 1)]?.id;
}

/** How far apart the letters stand; undefined when they are not all there. */
function closeness(title: string, letters: string): number | undefined {
  let at = -1;
  let gaps = 0;
  for (const letter of letters) {
    const next = title.indexOf(letter, at + 1);
    if (next === -1) return undefined;
    gaps += at === -1 ? next : next - at - 1;
    at = next;
  }
  return gaps;
}
