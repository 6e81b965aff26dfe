import type { AnswerOf, QueryName } from "../reader/readers.ts";
import type { AnyScreen, Canvas, Row } from "../screens/screen.ts";
import { FROZEN_MS, inPlaces, matches, type ListView } from "../state/list.ts";

/** The title of a group, between its rows. */
export interface GroupRow extends Row {
  readonly group: string;
  readonly count: number;
}

export function isGroupRow(row: Row): row is GroupRow {
  return "group" in row && "count" in row && row.id.startsWith("group ");
}

/**
 * A screen's rows as the operator wants them: filtered, sorted, grouped. What was made last is kept, so that a key on a list of
 * ten thousand does no more than a key on a list of ten.
 */
export class OrderedRows {
  /** `held`: in the places they had, not in those that they would be sorted into. */
  #made: { readonly answer: AnswerOf<QueryName>; readonly key: string; readonly rows: readonly Row[]; readonly held: boolean } | undefined;
  #places: readonly string[] = [];
  #place = "";

  /** `place`: the name of the list; the rows of another do not hold these in their places. */
  of(screen: AnyScreen, answer: AnswerOf<QueryName>, canvas: Canvas, place: string): readonly Row[] {
    const { list } = canvas;
    const moving = canvas.now - list.movedAt < FROZEN_MS && place === this.#place;
    const key = JSON.stringify([place, list.filter, list.sort, list.reversed, list.grouped, canvas.width, screen.followsCursor?.(canvas.place) === true ? list.cursor : ""]);
    const made = this.#made;
    if (made !== undefined && made.answer === answer && made.key === key && (moving || !made.held) && screen.id !== "commands") return made.rows;
    const found = screen.rows(answer, canvas).filter((row) => list.filter === "" || screen.searches === true || matches(screen.text(row), list.filter));
    const sorted = sort(screen, found, list);
    const rows = group(screen, moving ? inPlaces(sorted, this.#places) : sorted, list);
    this.#place = place;
    this.#places = rows.map(({ id }) => id);
    this.#made = { answer, key, rows, held: moving };
    return rows;
  }
}

function sort(screen: AnyScreen, rows: readonly Row[], { sort: at, reversed }: ListView): readonly Row[] {
  const order = at === undefined ? undefined : screen.orders?.[at];
  if (order === undefined) return reversed ? rows.toReversed() : rows;
  const sign = (order.descending === true) === reversed ? 1 : -1;
  const keyed = rows.map((row) => ({ row, by: order.by(row) }));
  return keyed.sort((one, other) => (one.by < other.by ? -sign : one.by > other.by ? sign : one.row.id < other.row.id ? -1 : 1)).map(({ row }) => row);
}

function group(screen: AnyScreen, rows: readonly Row[], { grouped }: ListView): readonly Row[] {
  if (!grouped || screen.group === undefined) return rows;
  const groups = [...Map.groupBy(rows, screen.group)].toSorted(([one], [other]) => (one < other ? -1 : 1));
  return groups.flatMap(([name, members]): Row[] => {
    const title: GroupRow = { id: `group ${name}`, group: name, count: members.length };
    return [title, ...members];
  });
}
