import type { Line } from "../look/line.ts";
import type { Look } from "../look/look.ts";
import type { AnswerOf, QueryName, Wish } from "../reader/readers.ts";
import type { ListView } from "../state/list.ts";
import type { Place, ScreenId } from "../state/place.ts";
import type { Done } from "../actions/run-command.ts";
import type { Subject } from "../actions/subject.ts";

/** One thing of a list: a hook, an event, a line of a text. */
export interface Row {
  readonly id: string;
  /** Where Enter leads. */
  readonly open?: Place;
  /** What actions act on. */
  readonly subject?: Subject;
}

/** What a screen draws with. */
export interface Canvas {
  /** Columns that its lines have. */
  readonly width: number;
  /** A panel stands beside it. */
  readonly sided: boolean;
  /** Of the list, without head. */
  readonly height: number;
  /** Unix ms; stands still while paused. */
  readonly now: number;
  readonly look: Look;
  readonly list: ListView;
  /** The title of the order that the list has; undefined: as the rows come. */
  readonly sortedBy: string | undefined;
  readonly place: Place;
  /** What was done from here, newest first. */
  readonly log: readonly Done[];
}

export interface Order<Item> {
  readonly title: string;
  readonly by: (row: Item) => number | string;
  /** Starts with the largest. */
  readonly descending?: true;
}

/** A panel beside the list, where there is room. */
export interface Side<Item extends Row, Name extends QueryName> {
  readonly title: string;
  /** What it reads for the row under the cursor; undefined: nothing. */
  readonly query: (row: Item) => Wish<Name> | undefined;
  /** `answer`: undefined until it has been read. */
  readonly lines: (row: Item, answer: AnswerOf<Name> | undefined, canvas: Canvas) => readonly Line[];
}

/** One screen, as pure functions of what was read. */
export interface Screen<Name extends QueryName, Item extends Row, SideName extends QueryName = QueryName> {
  readonly id: ScreenId;
  readonly title: (place: Place, answer: AnswerOf<Name> | undefined) => string;
  readonly tabs?: readonly string[];
  readonly query: (place: Place, list: ListView) => Wish<Name>;
  readonly rows: (answer: AnswerOf<Name>, canvas: Canvas) => readonly Item[];
  /** Its rows are others when the cursor is on another row. */
  readonly followsCursor?: (place: Place) => boolean;
  /** What the filter looks at. */
  readonly text: (row: Item) => string;
  /** The filter goes into the query instead: there is more than was read. */
  readonly searches?: true;
  readonly orders?: readonly Order<Item>[];
  /** Which group a row is in, for lists that can be grouped. */
  readonly group?: (row: Item) => string;
  /** Above the list: figures, titles of columns. */
  readonly head: (answer: AnswerOf<Name>, canvas: Canvas) => readonly Line[];
  readonly line: (row: Item, canvas: Canvas) => Line;
  /** The row for who hears it. */
  readonly sentence: (row: Item, canvas: Canvas) => string;
  /** Why there is nothing, and what to do. */
  readonly empty: (answer: AnswerOf<Name>, place: Place) => readonly string[];
  /** What actions act on where a row says nothing. */
  readonly subject?: (place: Place, answer: AnswerOf<Name>) => Subject | undefined;
  readonly side?: Side<Item, SideName>;
}

/**
 * A screen of any kind. Its answers come from its own query and its rows from its own `rows`; who holds one of any kind gives
 * it back only what came from it, which TypeScript has no way to say of a table of screens (an existential type).
 */
export type AnyScreen = Screen<QueryName, Row>;

export function defineScreen<Name extends QueryName, Item extends Row, SideName extends QueryName = QueryName>(screen: Screen<Name, Item, SideName>): AnyScreen {
  return screen as unknown as AnyScreen;
}
