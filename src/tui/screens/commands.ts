import { commandLine } from "../../engine/store/backup-names.ts";
import type { Done } from "../actions/run-command.ts";
import { clock } from "../look/figures.ts";
import { line, span } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import { defineScreen } from "./screen.ts";
import { lineText, textRows, type TextRow } from "./text.ts";

/** What was done from here: the commands, and what they said. */
export const commandsScreen = defineScreen<"pulse", TextRow>({
  id: "commands",
  title: () => "Commands run from here",
  query: () => ({ of: "pulse" }),
  rows: (_, { log, look }) => log.flatMap((done) => textRows(linesOf(done, look.glyphs.good, look.glyphs.bad)).map((row, at) => ({ ...row, id: `${done.id} ${at}` }))),
  text: lineText,
  head: () => [],
  line: ({ text }) => text,
  sentence: lineText,
  empty: () => ["Nothing was done from here yet.", "", "Every action shows the command of nexus that it runs; it stands here with what it said. u undoes the last, Y copies it."],
});

function linesOf({ at, words, ok, said, undo, undone }: Done, good: string, bad: string): TextRow["text"][] {
  const how = ok && undo !== undefined && undone !== true ? span("dim", `  u: nexus ${commandLine(undo)}`) : undefined;
  return [line(ok ? span("good", good) : span("bad", bad), span("dim", ` ${clock(at)} `), undone === true ? span("warn", "undone  ") : undefined, span("strong", safeText(`nexus ${commandLine(words)}`)), how), ...said.map((text) => line(span(ok ? "plain" : "bad", `    ${safeText(text)}`)))];
}
