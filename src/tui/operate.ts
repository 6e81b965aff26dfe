import { commandLine } from "../engine/store/backup-names.ts";
import { actionById } from "./actions/actions.ts";
import type { Done } from "./actions/run-command.ts";
import { nameOf, type Subject } from "./actions/subject.ts";
import type { Dashboard } from "./dashboard.ts";
import { safeText } from "./look/safe-text.ts";
import { cursorIndex } from "./state/list.ts";
import { MAIN_SCREENS, type ScreenId } from "./state/place.ts";
import { edit, NOTHING_TYPED } from "./state/typing.ts";
import { listOf, placeOf, type Message } from "./state/view.ts";

/** Does what a command of the keymap says. */
export function perform(desk: Dashboard, id: string): void {
  if (id.startsWith("go ")) return goTo(desk, id.slice(3));
  if (id.startsWith("do ")) return begin(desk, id.slice(3));
  const move = moveOf(desk, id);
  if (move !== undefined) return desk.change({ do: "move", by: move, rows: desk.rows(), height: desk.listHeight(), now: desk.parts.now() });
  DOING[id]?.(desk);
}

function moveOf(desk: Dashboard, id: string): number | undefined {
  const page = Math.max(1, desk.listHeight() - 1);
  const moves: Readonly<Record<string, number>> = { down: 1, up: -1, "page-down": page, "page-up": -page, first: -Number.MAX_SAFE_INTEGER, last: Number.MAX_SAFE_INTEGER };
  return moves[id];
}

const DOING: Readonly<Record<string, (desk: Dashboard) => void>> = {
  open: (desk) => {
    const place = desk.row()?.open;
    if (place !== undefined) desk.change({ do: "open", place });
  },
  back: (desk) => {
    const { view } = desk;
    if (listOf(view).filter !== "") desk.change({ do: "list", set: { filter: "" } });
    else if (view.trail.length > 1) desk.change({ do: "back" });
    else desk.change({ do: "say", message: undefined });
  },
  "next-tab": (desk) => turn(desk, 1),
  "previous-tab": (desk) => turn(desk, -1),
  filter: (desk) => desk.change({ do: "mode", mode: { at: "filter", before: listOf(desk.view).filter } }),
  sort: (desk) => {
    const orders = desk.screen.orders ?? [];
    const { sort } = listOf(desk.view);
    const next = sort === undefined ? 0 : sort + 1;
    const chosen = orders[next];
    if (orders.length === 0) return say(desk, "this list has one order", "plain");
    desk.change({ do: "list", set: { sort: chosen === undefined ? undefined : next, reversed: false, movedAt: 0 } }, { do: "say", message: { text: chosen === undefined ? "in the order they come" : `sorted by ${chosen.title}`, tone: "plain" } });
  },
  reverse: (desk) => desk.change({ do: "list", set: { reversed: !listOf(desk.view).reversed, movedAt: 0 } }),
  group: (desk) => (desk.screen.group === undefined ? say(desk, "this list has no groups", "plain") : desk.change({ do: "list", set: { grouped: !listOf(desk.view).grouped, movedAt: 0 } })),
  why: (desk) => {
    const subject = desk.subject();
    const event = subject?.kind === "event" ? subject.id : subject?.facts?.["event"];
    if (event === undefined) say(desk, "why: choose an event or an invocation first", "warn");
    else desk.change({ do: "open", place: { screen: "event", id: event, tab: "why" } });
  },
  pause: (desk) => desk.change({ do: "pause", at: desk.view.pausedAt === undefined ? desk.parts.now() : undefined }),
  refresh: (desk) => {
    if (desk.view.pausedAt !== undefined) desk.change({ do: "pause", at: desk.parts.now() });
    void desk.feed.look(desk.wishes());
  },
  copy: (desk) => {
    const subject = desk.subject();
    if (subject === undefined) return say(desk, "nothing here has an id", "warn");
    desk.terminal?.copy(subject.id);
    say(desk, `copied ${subject.id}`, "good");
  },
  "copy-command": (desk) => {
    const text = commandHere(desk);
    desk.terminal?.copy(text);
    say(desk, `copied: ${text}`, "good");
  },
  undo: (desk) => {
    const { log } = desk.parts;
    if (log.undoable === undefined) return say(desk, "nothing done from here can be undone", "plain");
    void log.undo().then((done) => (done === undefined ? undefined : tell(desk, done)));
  },
  palette: (desk) => desk.change({ do: "mode", mode: { at: "palette", typing: NOTHING_TYPED, index: 0 } }),
  help: (desk) => desk.change({ do: "mode", mode: { at: "help", top: 0 } }),
  suspend: (desk) => desk.terminal?.suspend(),
  quit: (desk) => desk.terminal?.quit(),
};

function goTo(desk: Dashboard, screen: string): void {
  const known = MAIN_SCREENS.find((one) => one === screen);
  if (known !== undefined) desk.change({ do: "go", place: { screen: known } });
}

/** The next tab of the place, or, where there are none, the next screen. */
function turn(desk: Dashboard, by: number): void {
  const place = placeOf(desk.view);
  const { tabs } = desk.screen;
  if (tabs !== undefined && tabs.length > 1) {
    const at = Math.max(0, tabs.indexOf(place.tab ?? tabs[0] ?? ""));
    return desk.change({ do: "tab", tab: tabs[(at + by + tabs.length) % tabs.length] ?? "" });
  }
  const screens: readonly ScreenId[] = MAIN_SCREENS;
  const at = Math.max(0, screens.indexOf(place.screen));
  goTo(desk, screens[(at + by + screens.length) % screens.length] ?? "overview");
}

/** An action's first step: what it needs to be told, else what is to be confirmed, else the command itself. */
function begin(desk: Dashboard, id: string): void {
  const action = actionById(id);
  const subject = subjectFor(desk, id);
  if (action === undefined || subject === undefined) return;
  const refused = action.refuse?.(subject);
  if (refused !== undefined) return say(desk, `${action.title}: ${refused}`, "warn");
  if (action.ask === undefined) return proceed(desk, id, "");
  const given = action.ask.given?.(subject) ?? "";
  desk.change({ do: "mode", mode: { at: "ask", action: id, label: action.ask.label(subject), typing: edit(NOTHING_TYPED, { insert: given }) } });
}

export function askAction(desk: Dashboard, id: string, typed: string): void {
  desk.change({ do: "mode", mode: { at: "browse" } });
  proceed(desk, id, typed);
}

function proceed(desk: Dashboard, id: string, typed: string): void {
  const subject = subjectFor(desk, id);
  const question = subject === undefined ? undefined : actionById(id)?.confirm?.(subject);
  if (question === undefined) confirmed(desk, id, typed);
  else desk.change({ do: "mode", mode: { at: "confirm", action: id, question, typed } });
}

export function confirmed(desk: Dashboard, id: string, typed: string): void {
  const action = actionById(id);
  const subject = subjectFor(desk, id);
  if (action === undefined || subject === undefined) return;
  const words = action.words(subject, typed);
  say(desk, `nexus ${commandLine(words)}`, "plain");
  void desk.parts.log.run(words, { reads: action.reads === true, undo: action.undo?.(subject) }).then((done) => tell(desk, done, action.reads));
}

/** What came of it, in a line; the data is read anew at once. What reads only is worth its whole output. */
function tell(desk: Dashboard, done: Done, reads = false): void {
  const first = safeText(done.said[0] ?? (done.ok ? "done" : "it failed and said nothing"));
  say(desk, `${first}   ${done.undo !== undefined && done.ok ? "u undoes it" : `nexus ${commandLine(done.words)}`}`, done.ok ? "good" : "bad");
  if (reads) desk.change({ do: "open", place: { screen: "commands" } });
  void desk.feed.look(desk.wishes());
}

/** What an action without a subject acts on is nothing. */
function subjectFor(desk: Dashboard, id: string): Subject | undefined {
  return desk.subject() ?? (actionById(id)?.on === undefined ? { kind: "event", id: "" } : undefined);
}

/** The command that shows in text what is on the screen. */
function commandHere(desk: Dashboard): string {
  if (placeOf(desk.view).screen === "commands") {
    const done = desk.parts.log.entries[cursorIndex(listOf(desk.view), desk.rows())];
    if (done !== undefined) return `nexus ${commandLine(done.words)}`;
  }
  const subject = desk.subject();
  const shows: Readonly<Partial<Record<Subject["kind"], readonly string[]>>> = {
    hook: ["hooks", "info"], event: ["events", "show"], dispatch: ["dispatches", "show"], session: ["sessions", "show"], ref: ["refs", "get"],
    ref_hook: ["refs", "hooks", "show"], branch: ["branches", "show"], webhook: ["refs", "outbox", "show"], run: ["runs", "show"],
  };
  if (subject?.kind === "invocation") return `nexus ${commandLine(["why", subject.facts?.["event"] ?? "", subject.facts?.["hook"] ?? ""])}`;
  const words = subject === undefined ? undefined : shows[subject.kind];
  return words === undefined || subject === undefined ? "nexus status" : `nexus ${commandLine([...words, nameOf(subject)])}`;
}

function say(desk: Dashboard, text: string, tone: Message["tone"]): void {
  desk.change({ do: "say", message: { text, tone } });
}
