import { NexusError } from "../engine/core/errors.ts";
import { CommandLog } from "./actions/command-log.ts";
import { checkPlace } from "./check-place.ts";
import { Dashboard } from "./dashboard.ts";
import { fitLine } from "./look/fit.ts";
import type { Look } from "./look/look.ts";
import type { Line } from "./look/line.ts";
import { Responder } from "./reader/responder.ts";
import { Feed } from "./state/feed.ts";
import type { Place } from "./state/place.ts";
import { headerLine } from "./view/chrome.ts";
import { SMALLEST } from "./view/frame.ts";
import { isGroupRow } from "./view/ordered-rows.ts";

export interface SnapshotOptions {
  readonly home: string;
  readonly look: Look;
  readonly place: Place;
  readonly filter: string;
  readonly columns: number;
}

export interface Snapshot {
  readonly lines: readonly string[];
  /** What the lines were made of. */
  readonly data: unknown;
}

/** So many rows of a list go into a snapshot; then it says how many more there are. */
const MOST_ROWS = 500;

/** One look at one screen, as text and as data, for whoever has no terminal. Throws what reading the home throws. */
export async function takeSnapshot({ home, look, place, filter, columns: given }: SnapshotOptions): Promise<Snapshot> {
  checkPlace(place);
  const now = Date.now();
  // Text may be wider than where it goes, unlike a screen; nothing is read for one that is too small.
  const columns = Math.max(given, SMALLEST.columns);
  const log = new CommandLog({ run: async () => ({ ok: false, said: [] }), readonly: true, now: () => now });
  const desk = new Dashboard({ home, look, now: () => now, log, readonly: true, linear: false });
  using responder = new Responder(home);
  desk.attach(new Feed({ ask: async (queries) => await responder.replies(queries), close: () => Promise.resolve() }, () => now, desk.changed));
  desk.resize({ columns, rows: MOST_ROWS });
  desk.change({ do: "go", place }, { do: "list", set: { filter } });
  await desk.feed.look(desk.wishes());
  const { failure } = desk.feed;
  if (failure !== undefined) throw new NexusError(failure.code, failure.message);
  const answer = desk.answer();
  const canvas = desk.canvas();
  const rows = desk.rows();
  const shown = rows.slice(0, MOST_ROWS);
  const empty = rows.length > 0 ? [] : filter === "" ? desk.screen.empty(answer, place) : [`nothing matches ${filter}`];
  const lines: Line[] = [
    headerLine(desk),
    [],
    ...desk.screen.head(answer, canvas),
    ...shown.map((row): Line => (isGroupRow(row) ? [{ text: row.group }] : desk.screen.line(row, canvas))),
    ...empty.map((text): Line => [{ text }]),
    ...(rows.length > shown.length ? [[{ text: `${rows.length - shown.length} more` }] as Line] : []),
  ];
  return {
    lines: lines.map((line) => fitLine(line, columns, look).map(({ text }) => text).join("").trimEnd()),
    data: { screen: place.screen, at: new Date(now).toISOString(), home: desk.feed.pulse, data: answer },
  };
}
