import type { Dashboard } from "../dashboard.ts";
import { commandOf, GLOBAL_COMMANDS, keyLabel, screenTitle, type Command } from "../keymap.ts";
import { age, clock, short } from "../look/figures.ts";
import { fitLine, widthOf } from "../look/fit.ts";
import { line, span, type Line, type Span } from "../look/line.ts";
import { safeText } from "../look/safe-text.ts";
import { status } from "../screens/table.ts";
import { NEWS_MS } from "../news.ts";
import { found } from "../palette.ts";
import { MAIN_SCREENS } from "../state/place.ts";
import { listOf, placeOf, type Typing } from "../state/view.ts";
import { LEFT_LEAST, spread, standing } from "./frame.ts";

/** So old data is said to be. */
const STALE_MS = 10_000;

/** How the home is, how much flows, how fresh it is. */
export function headerLine(desk: Dashboard): Line {
  const { feed, view, parts } = desk;
  const { look, readonly: isReadonly } = parts;
  const { pulse, rates, failure, readAt } = feed;
  const left: (Span | string | undefined)[] = [];
  if (pulse === undefined) left.push(span("dim", failure === undefined ? "nexus" : `nexus  ${safeText(failure.message)}`));
  else {
    left.push(pulse.daemon === "away" ? span("bad", `${look.glyphs.off} daemon away`) : pulse.daemon === "stopped" ? span("bad", `${look.glyphs.off} daemon stopped`) : status(pulse.verdict, { look }));
    if (pulse.daemon === "up" && pulse.because !== "") left.push(span("dim", `  ${safeText(pulse.because)}`));
    if (pulse.daemon !== "up") left.push(span("dim", "  what is shown is what it left; nexus serve starts one"));
  }
  const now = parts.now();
  const right: Span[] = [
    ...(pulse === undefined || rates === undefined ? [] : [span("plain", `${short(rates.events)} ev/s ${short(rates.invocations)} inv/s`)]),
    ...(pulse === undefined || pulse.backlog + pulse.pending === 0 ? [] : [span("warn", `  ${short(pulse.backlog + pulse.pending)} wait`)]),
    ...(isReadonly ? [span("dim", "  read-only")] : []),
    ...(view.pausedAt === undefined ? [] : [span("warn", `  paused ${age(now - view.pausedAt)}`)]),
    ...(view.pausedAt === undefined && readAt > 0 && now - readAt > STALE_MS ? [span("bad", `  ${age(now - readAt)} old`)] : []),
  ];
  return spread(left.flatMap((part) => line(part)), right, desk.size.columns, look);
}

/** The screens, or the tabs of the one that is open, with what the list is filtered and sorted by. */
export function placeLine(desk: Dashboard): Line {
  const place = placeOf(desk.view);
  const list = listOf(desk.view);
  const { screen } = desk;
  const main = (MAIN_SCREENS as readonly string[]).includes(place.screen);
  const wide = desk.size.columns >= 100;
  const left: Line = main
    ? MAIN_SCREENS.flatMap((one, at): Line => [span(one === place.screen ? "mark" : "dim", `${at + 1}${wide ? " " : ""}${screenTitle(one, !wide)}`), { text: wide ? "  " : " " }])
    : [span("strong", safeText(screen.title(place, desk.answer()))), { text: " " }];
  const tabs = tabSpans(screen.tabs ?? [], place.tab, main && !wide);
  const { sortedBy } = desk.canvas();
  const right: Span[] = [
    ...(list.filter === "" ? [] : [span("accent", `/${safeText(list.filter)} `)]),
    ...(sortedBy === undefined ? [] : [span("dim", `by ${sortedBy}${list.reversed ? " reversed" : ""} `)]),
    span("dim", standing(desk.rows(), desk.canvas())),
  ];
  return spread([...left, ...tabs], right, desk.size.columns, desk.parts.look);
}

/** All of them, or, where there is no room, the one that is open and how many there are. */
function tabSpans(tabs: readonly string[], open: string | undefined, narrow: boolean): Line {
  const at = Math.max(0, tabs.indexOf(open ?? ""));
  if (tabs.length === 0) return [];
  if (narrow) return [{ text: " " }, span("mark", ` ${tabs[at] ?? ""} `), span("dim", ` ${at + 1}/${tabs.length} Tab`)];
  return tabs.flatMap((tab, index): Line => [{ text: " " }, index === at ? span("mark", ` ${tab} `) : span("dim", ` ${tab} `)]);
}

/** What was said last, or what is being typed. */
export function messageLine(desk: Dashboard): Line {
  const { mode, message } = desk.view;
  const { look } = desk.parts;
  switch (mode.at) {
    case "filter":
      return line(span("accent", "/"), safeText(listOf(desk.view).filter), span("mark", " "), span("dim", "  Enter keeps it, Esc leaves it as it was; !word excludes"));
    case "palette":
      return line(span("accent", ":"), ...typingSpans(mode.typing), span("dim", "   "), ...found(desk, mode.typing.text).flatMap(({ title, keys }, at): Span[] => [span(at === mode.index ? "mark" : "plain", ` ${title} `), span("dim", `${keyLabel(keys[0] ?? "")} `)]));
    case "ask":
      return line(span("accent", `${safeText(mode.label)} `), ...typingSpans(mode.typing));
    case "confirm":
      return line(span("warn", `${look.glyphs.warn} ${safeText(mode.question)} `), span("strong", "y: yes"), span("dim", "  any other key: no"));
    default:
      return spread(message === undefined ? [] : [span(message.tone === "plain" ? "dim" : message.tone, safeText(message.text))], newsSpans(desk), desk.size.columns, look);
  }
}

/** What the daemon told last, for a minute; beside what was said here, which leaves it thirty columns at least. */
function newsSpans({ view: { news, message }, parts, size }: Dashboard): Line {
  if (news === undefined || parts.now() - news.at > NEWS_MS) return [];
  const said = message === undefined ? 0 : widthOf(safeText(message.text)) + 2;
  const room = size.columns - 1 - Math.max(LEFT_LEAST, Math.min(size.columns - 30, said));
  return fitLine([span("dim", `${clock(news.at)} `), span(news.tone, safeText(news.text))], room, parts.look);
}

/** Where there is no room for all keys, these stay: they lead to the others, and out. */
const KEPT: readonly string[] = ["palette", "help", "quit"];

/** The keys that do something here: what can be done to the row first. */
export function keysLine(desk: Dashboard): Line {
  const subject = desk.subject();
  const here = desk.actions().filter(({ on, refuse, reads }) => on !== undefined && (reads === true || !desk.parts.readonly) && subject !== undefined && refuse?.(subject) === undefined).map(commandOf);
  const fixed = GLOBAL_COMMANDS.filter(({ footer }) => footer !== undefined).toSorted((one, other) => (one.footer ?? 0) - (other.footer ?? 0));
  const undo = desk.parts.log.undoable === undefined ? [] : GLOBAL_COMMANDS.filter(({ id }) => id === "undo");
  const sortable = desk.screen.orders === undefined ? [] : GLOBAL_COMMANDS.filter(({ id }) => id === "sort");
  const opens = desk.row()?.open === undefined ? [] : fixed.slice(0, 1);
  const hints = [...opens, ...here, ...undo, ...fixed.slice(1, 2), ...sortable, ...fixed.slice(2)].map((command) => ({ id: command.id, line: hint(command) }));
  const widthOfAll = (some: typeof hints): number => some.reduce((sum, { line: one }) => sum + one.reduce((width, { text }) => width + widthOf(text), 0), 0);
  let room = desk.size.columns - widthOfAll(hints.filter(({ id }) => KEPT.includes(id)));
  return hints.flatMap((one) => {
    if (KEPT.includes(one.id)) return one.line;
    room -= widthOfAll([one]);
    return room >= 0 ? one.line : [];
  });
}

function hint({ keys, title, brief = title }: Command): Line {
  return [span("accent", keyLabel(keys[0] ?? "")), span("dim", ` ${brief}  `)];
}

function typingSpans({ text, at }: Typing): Span[] {
  const chars = [...new Intl.Segmenter().segment(text)].map(({ segment }) => safeText(segment));
  return [span("plain", chars.slice(0, at).join("")), span("mark", chars[at] ?? " "), span("plain", chars.slice(at + 1).join(""))];
}
