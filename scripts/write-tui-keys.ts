import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine } from "../src/engine/store/backup-names.ts";
import { ACTIONS, type Action } from "../src/tui/actions/actions.ts";
import type { Subject, SubjectKind } from "../src/tui/actions/subject.ts";
import { GLOBAL_COMMANDS, keyLabel, type Group } from "../src/tui/keymap.ts";

/** The tables of keys and actions in docs/tui.md, from the keymap: what a key does, and the command that an action runs. */
export const TUI_PAGE_PATH = join(import.meta.dir, "..", "docs", "tui.md");

const TITLES: Readonly<Record<Group, string>> = { go: "Where to", move: "In a list", look: "Looking", act: "Doing", leave: "Leaving" };

function keysTable(): string {
  const rows = (Object.keys(TITLES) as Group[]).flatMap((group) =>
    GLOBAL_COMMANDS.filter((command) => command.group === group).map(({ keys, title }, at) => `| ${at === 0 ? TITLES[group] : ""} | ${keys.map(keyLabel).map(code).join(" ")} | ${title} |`),
  );
  return ["| | key | |", "|---|---|---|", ...rows].join("\n");
}

function actionsTable(): string {
  const rows = ACTIONS.map((action) => {
    const subjects = (action.on ?? [undefined]).map(sampleSubject);
    const commands = subjects.map((subject) => action.words(subject, typed(action, subject)));
    const undos = subjects.flatMap((subject) => action.undo?.(subject) ?? []);
    const undo = undos.length > 0 ? subjects.map((subject) => shown(action.undo?.(subject) ?? [])) : [action.reads === true ? "changes nothing" : action.confirm === undefined ? "-" : "asks first"];
    return `| ${code(action.key)} | ${(action.on ?? ["anywhere"]).join(", ").replaceAll("_", " ")} | ${action.title} | ${lines(commands.map(shown))} | ${lines(undo)} |`;
  });
  return ["| key | on | | command | undone by |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** A subject whose facts say what they stand for. */
function sampleSubject(kind: SubjectKind | undefined): Subject {
  const id = (kind ?? "event").toUpperCase();
  return { kind: kind ?? "event", id, name: id, facts: { event: "EVENT", hook: "HOOK", version: "VERSION" } };
}

function typed({ ask }: Action, subject: Subject): string {
  const given = ask?.given?.(subject) ?? "";
  return given === "" && ask !== undefined ? "TEXT" : given;
}

function shown(words: readonly string[]): string {
  return code(`nexus ${commandLine(words)}`);
}

function lines(parts: readonly string[]): string {
  return [...new Set(parts)].join("<br>");
}

function code(text: string): string {
  return `\`${text}\``;
}

/** The page with its tables made anew; the rest of it is written by hand. */
export function tuiPage(page: string): string {
  return between(between(page, "keys", keysTable()), "actions", actionsTable());
}

function between(page: string, name: string, table: string): string {
  const [begin, end] = [`<!-- ${name}: bun scripts/write-tui-keys.ts -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${TUI_PAGE_PATH} has no ${begin} with an ${end} behind it`);
  return `${page.slice(0, from + begin.length)}\n${table}\n${page.slice(to)}`;
}

if (import.meta.main) await Bun.write(TUI_PAGE_PATH, tuiPage(readFileSync(TUI_PAGE_PATH, "utf8")));
