import type { Action } from "./actions/actions.ts";
import { MAIN_SCREENS } from "./state/place.ts";

export type Group = "go" | "move" | "look" | "act" | "leave";

/** One thing a key does. The footer, the help, the palette and docs/tui.md are all made from this table. */
export interface Command {
  readonly id: string;
  /** As `keyNames` says them; the first is the one that is shown. */
  readonly keys: readonly string[];
  readonly title: string;
  readonly group: Group;
  /** Its title in the footer, where the whole is long. */
  readonly brief?: string;
  /** Shown in the footer, the lowest first. */
  readonly footer?: number;
}

const SCREEN_TITLES: Readonly<Record<(typeof MAIN_SCREENS)[number], string>> = {
  overview: "Overview", hooks: "Hooks", live: "Live", events: "Events", dispatches: "Dispatches", sessions: "Sessions", refs: "Refs", schedule: "Schedule", commands: "Commands",
};

/** Where there is little room. */
const SHORT_TITLES: typeof SCREEN_TITLES = { overview: "Over", hooks: "Hooks", live: "Live", events: "Events", dispatches: "Disp", sessions: "Sess", refs: "Refs", schedule: "Sched", commands: "Cmds" };

const GOING: readonly Command[] = MAIN_SCREENS.map((screen, at) => ({ id: `go ${screen}`, keys: [String(at + 1)], title: SCREEN_TITLES[screen], group: "go" }));

const FIXED: readonly Command[] = [
  { id: "down", keys: ["down", "j"], title: "next", group: "move" },
  { id: "up", keys: ["up", "k"], title: "previous", group: "move" },
  { id: "page-down", keys: ["pgdn", "ctrl-d", "space"], title: "a page down", group: "move" },
  { id: "page-up", keys: ["pgup", "ctrl-u"], title: "a page up", group: "move" },
  { id: "first", keys: ["home", "g"], title: "to the first", group: "move" },
  { id: "last", keys: ["end", "G"], title: "to the last", group: "move" },
  { id: "open", keys: ["enter", "right", "l"], title: "open", group: "go", footer: 1 },
  { id: "back", keys: ["esc", "left", "h"], title: "back", group: "go" },
  { id: "next-tab", keys: ["tab"], title: "next tab, or screen", group: "go" },
  { id: "previous-tab", keys: ["shift-tab"], title: "previous tab, or screen", group: "go" },
  { id: "filter", keys: ["/"], title: "filter", group: "look", footer: 2 },
  { id: "sort", keys: ["s"], title: "sort by the next column", brief: "sort", group: "look" },
  { id: "reverse", keys: ["S"], title: "sort the other way round", group: "look" },
  { id: "group", keys: ["o"], title: "group by owner", group: "look" },
  { id: "why", keys: ["w"], title: "why did it fire, or not", group: "look" },
  { id: "pause", keys: ["p"], title: "pause, or go on", brief: "pause", group: "look", footer: 3 },
  { id: "refresh", keys: [".", "ctrl-r"], title: "read once more", group: "look" },
  { id: "copy", keys: ["y"], title: "copy the id", group: "look" },
  { id: "copy-command", keys: ["Y"], title: "copy the command", group: "look" },
  { id: "undo", keys: ["u"], title: "undo", group: "act" },
  { id: "palette", keys: [":", "ctrl-k"], title: "all commands", brief: "commands", group: "look", footer: 4 },
  { id: "help", keys: ["?", "f1"], title: "help", group: "look", footer: 5 },
  { id: "suspend", keys: ["ctrl-z"], title: "to the shell; fg comes back", group: "leave" },
  { id: "quit", keys: ["q", "ctrl-c"], title: "quit", group: "leave", footer: 6 },
];

/** Whatever is on the screen. */
export const GLOBAL_COMMANDS: readonly Command[] = [...GOING, ...FIXED];

export function commandOf({ id, key, title, brief }: Action): Command {
  return { id: `do ${id}`, keys: [key], title, group: "act", ...(brief === undefined ? {} : { brief }) };
}

/** The command of a key, where those actions are possible. */
export function commandFor(key: string, actions: readonly Action[]): Command | undefined {
  return GLOBAL_COMMANDS.find(({ keys }) => keys.includes(key)) ?? actions.map(commandOf).find(({ keys }) => keys.includes(key));
}

export function screenTitle(screen: (typeof MAIN_SCREENS)[number], brief: boolean): string {
  return (brief ? SHORT_TITLES : SCREEN_TITLES)[screen];
}

/** How a key is written for people. */
export function keyLabel(key: string): string {
  const labels: Readonly<Record<string, string>> = { up: "Up", down: "Down", left: "Left", right: "Right", enter: "Enter", esc: "Esc", tab: "Tab", "shift-tab": "Shift+Tab", pgup: "PgUp", pgdn: "PgDn", home: "Home", end: "End", space: "Space", f1: "F1" };
  return labels[key] ?? key.replace(/^ctrl-(.)$/, (_, letter: string) => `Ctrl+${letter.toUpperCase()}`);
}
