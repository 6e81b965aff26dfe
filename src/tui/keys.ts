import { ACTIONS } from "./actions/actions.ts";
import type { Dashboard } from "./dashboard.ts";
import { commandFor } from "./keymap.ts";
import { askAction, confirmed, perform } from "./operate.ts";
import { chosen, found } from "./palette.ts";
import { listOf, BROWSE, type Mode, type Typing } from "./state/view.ts";
import { edit, type Edit } from "./state/typing.ts";

/** Takes a key, as the mode that the dashboard is in has it. */
export function takeKey(desk: Dashboard, key: string): void {
  const { mode } = desk.view;
  // From everywhere, whatever is asked.
  if (key === "ctrl-c" || key === "ctrl-z") return browse(desk, key);
  switch (mode.at) {
    case "browse":
      return browse(desk, key);
    case "filter":
      return filter(desk, mode, key);
    case "palette":
      return palette(desk, mode, key);
    case "help":
      return help(desk, mode, key);
    case "ask":
      return ask(desk, mode, key);
    case "confirm":
      return confirm(desk, mode, key);
  }
}

/** Text that was pasted: into the line that is typed; where none is, it is no keys either. */
export function takePaste(desk: Dashboard, text: string): void {
  const { mode } = desk.view;
  if (mode.at === "filter") desk.change({ do: "list", set: { filter: listOf(desk.view).filter + text.replaceAll(/[\u0000-\u001f\u007f]/g, " ") } });
  else if (mode.at === "ask" || mode.at === "palette") desk.change({ do: "mode", mode: { ...mode, typing: edit(mode.typing, { insert: text }) } });
}

function browse(desk: Dashboard, key: string): void {
  const command = commandFor(key, desk.actions());
  if (command !== undefined) return perform(desk, command.id);
  // A key that does nothing here says so, and why, rather than nothing.
  const elsewhere = ACTIONS.find((action) => action.key === key);
  if (elsewhere !== undefined) desk.change({ do: "say", message: { text: `${elsewhere.title}: choose a ${(elsewhere.on ?? []).join(" or a ").replaceAll("_", " ")} first`, tone: "warn" } });
}

function filter(desk: Dashboard, mode: Mode & { readonly at: "filter" }, key: string): void {
  const list = listOf(desk.view);
  if (key === "esc") return desk.change({ do: "list", set: { filter: mode.before } }, { do: "mode", mode: BROWSE });
  if (key === "enter") return desk.change({ do: "mode", mode: BROWSE });
  if (key === "up" || key === "down") return desk.change({ do: "move", by: key === "up" ? -1 : 1, rows: desk.rows(), height: desk.listHeight(), now: desk.parts.now() });
  const how = editOf(key);
  if (how === undefined) return;
  const { text } = edit({ text: list.filter, at: Number.MAX_SAFE_INTEGER }, how);
  desk.change({ do: "list", set: { filter: text, index: 0, top: 0 } });
}

function palette(desk: Dashboard, mode: Mode & { readonly at: "palette" }, key: string): void {
  if (key === "esc") return desk.change({ do: "mode", mode: BROWSE });
  const choices = found(desk, mode.typing.text);
  if (key === "up" || key === "down") return desk.change({ do: "mode", mode: { ...mode, index: Math.max(0, Math.min(choices.length - 1, mode.index + (key === "up" ? -1 : 1))) } });
  if (key === "enter") {
    const id = chosen(choices, mode.index);
    desk.change({ do: "mode", mode: BROWSE });
    return id === undefined ? undefined : perform(desk, id);
  }
  const typing = typed(mode.typing, key);
  if (typing !== undefined) desk.change({ do: "mode", mode: { ...mode, typing, index: 0 } });
}

function help(desk: Dashboard, mode: Mode & { readonly at: "help" }, key: string): void {
  const steps: Readonly<Record<string, number>> = { down: 1, j: 1, up: -1, k: -1, pgdn: 10, space: 10, "ctrl-d": 10, pgup: -10, "ctrl-u": -10, home: -10_000, g: -10_000 };
  const step = steps[key];
  desk.change({ do: "mode", mode: step === undefined ? BROWSE : { at: "help", top: Math.max(0, mode.top + step) } });
}

function ask(desk: Dashboard, mode: Mode & { readonly at: "ask" }, key: string): void {
  if (key === "esc") return desk.change({ do: "mode", mode: BROWSE });
  if (key === "enter") return askAction(desk, mode.action, mode.typing.text);
  const typing = typed(mode.typing, key);
  if (typing !== undefined) desk.change({ do: "mode", mode: { ...mode, typing } });
}

function confirm(desk: Dashboard, mode: Mode & { readonly at: "confirm" }, key: string): void {
  desk.change({ do: "mode", mode: BROWSE });
  if (key === "y" || key === "Y") confirmed(desk, mode.action, mode.typed ?? "");
}

function typed(typing: Typing, key: string): Typing | undefined {
  const how = editOf(key);
  return how === undefined ? undefined : edit(typing, how);
}

function editOf(key: string): Edit | undefined {
  const edits: Readonly<Record<string, Edit>> = {
    left: "left", right: "right", home: "start", "ctrl-a": "start", end: "end", "ctrl-e": "end",
    // Terminals send 0x7f for the key above Enter, which Ink calls delete on some and backspace on others.
    backspace: "erase", delete: "erase", "ctrl-h": "erase", "ctrl-d": "delete", "ctrl-w": "erase-word", "ctrl-u": "erase-line", space: { insert: " " },
  };
  return edits[key] ?? (/^(?:ctrl-.|up|down|tab|shift-tab|pgup|pgdn|f1)$/.test(key) ? undefined : { insert: key });
}
