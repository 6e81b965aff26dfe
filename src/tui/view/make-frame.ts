import { CHROME_ROWS, type Dashboard } from "../dashboard.ts";
import { fitLine } from "../look/fit.ts";
import { line, span, type Line } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import type { AnswerOf, QueryName } from "../reader/readers.ts";
import { placeOf } from "../state/view.ts";
import { headerLine, keysLine, messageLine, placeLine } from "./chrome.ts";
import { bodyLines, MARK_WIDTH, SMALLEST, split, tooSmall, type Frame, type FrameLine } from "./frame.ts";
import { helpLines } from "./help.ts";

/** Everything that is on the screen now. */
export function makeFrame(desk: Dashboard): Frame {
  const { size, screen, parts } = desk;
  const { look } = parts;
  const fit = (one: Line): Line => fitLine(one, size.columns, look);
  if (tooSmall(size)) {
    const text = `${size.columns}x${size.rows} is too small: ${SMALLEST.columns}x${SMALLEST.rows} at least; q quits`;
    return { header: [fit([span("warn", text)])], body: [], bodyWidth: size.columns, footer: [] };
  }
  const height = size.rows - CHROME_ROWS;
  const header = [fit(headerLine(desk)), fit(placeLine(desk))];
  const footer = [fit(messageLine(desk)), fit(keysLine(desk))];
  const { mode } = desk.view;
  if (mode.at === "help") {
    const lines = helpLines(size.columns);
    const top = Math.min(mode.top, Math.max(0, lines.length - height));
    return { header, body: lines.slice(top, top + height).map((one, at): FrameLine => ({ key: `help ${at}`, line: fit(one) })), bodyWidth: size.columns, footer };
  }
  const { main, side } = split(screen, size);
  const canvas = { ...desk.canvas(), width: main - MARK_WIDTH };
  const answer = desk.answer();
  const rows = desk.rows();
  const head = answer === undefined ? [] : screen.head(answer, canvas);
  const body = bodyLines({ screen, rows, canvas, head, instead: instead(desk, answer, rows.length), height });
  return { header, body, bodyWidth: main, footer, ...(side === 0 ? {} : { side: { width: side, lines: sideLines(desk, side, height) } }) };
}

/** What stands where rows would, when there are none: why, and what to do. */
function instead(desk: Dashboard, answer: AnswerOf<QueryName> | undefined, rows: number): readonly string[] | undefined {
  if (rows > 0) return undefined;
  const { failure } = desk.feed;
  if (answer === undefined) return failure === undefined ? [] : [safeText(failure.message), "", `nexus explain ${failure.code}`];
  const { filter } = desk.canvas().list;
  if (filter !== "") return [`Nothing matches "${filter}".`, "", "Esc shows everything again."];
  return desk.screen.empty(answer, placeOf(desk.view));
}

function sideLines(desk: Dashboard, width: number, height: number): FrameLine[] {
  const { screen, parts } = desk;
  const row = desk.row();
  const wish = desk.sideWish();
  if (row === undefined || screen.side === undefined) return [];
  const answer = wish === undefined ? undefined : desk.feed.of(wish)?.answer;
  const lines = screen.side.lines(row, answer, { ...desk.canvas(), width, height });
  return lines.slice(0, height).map((one, at) => ({ key: `side ${at}`, line: fitLine(one, width, parts.look) }));
}

/** The screen for who hears it: where they are, the row under the cursor, what was said. It changes only when they do something. */
export function linearLines(desk: Dashboard): string[] {
  const { screen, parts } = desk;
  const say = (one: Line): string => fitLine(one, 2_000, parts.look).map(({ text }) => text).join("").replaceAll(/\s{2,}/g, "  ").trim();
  const { mode } = desk.view;
  if (mode.at === "help") return helpLines(80).map(say).filter((text) => text !== "");
  const answer = desk.answer();
  const rows = desk.rows();
  const row = desk.row();
  const place = placeOf(desk.view);
  const at = row === undefined ? 0 : rows.indexOf(row) + 1;
  const empty = instead(desk, answer, rows.length)?.join(" ") ?? "";
  return [
    `${screen.title(place, answer)}${place.tab === undefined ? "" : `, ${place.tab}`}, ${rows.length === 0 ? empty : `${at} of ${rows.length}`}`,
    row === undefined ? "" : "group" in row ? `group ${String(row.group)}` : safeText(screen.sentence(row, desk.canvas())),
    say(messageLine(desk)),
    say(line(headerLine(desk).map(({ text }) => text).join(""))),
  ].filter((text) => text !== "");
}
