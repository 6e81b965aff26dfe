import { actionsOn } from "./actions/actions.ts";
import type { CommandLog } from "./actions/command-log.ts";
import type { Subject } from "./actions/subject.ts";
import type { Look } from "./look/look.ts";
import type { AnyScreen, Canvas, Row } from "./screens/screen.ts";
import { SCREENS } from "./screens/screens.ts";
import type { AnswerOf, QueryName, Wish } from "./reader/readers.ts";
import type { Feed } from "./state/feed.ts";
import { cursorIndex } from "./state/list.ts";
import { placeName } from "./state/place.ts";
import { changeView, FIRST_VIEW, listOf, placeOf, type Change, type View } from "./state/view.ts";
import { split, tooSmall, type Size } from "./view/frame.ts";
import { OrderedRows } from "./view/ordered-rows.ts";

interface DashboardParts {
  readonly home: string;
  readonly look: Look;
  readonly now: () => number;
  readonly log: CommandLog;
  readonly readonly: boolean;
  /** Lines instead of a screen, for who hears it. */
  readonly linear: boolean;
}

/** What is written beside frames, and the end. */
export interface Terminal {
  readonly copy: (text: string) => void;
  readonly suspend: () => void;
  readonly quit: () => void;
}

/** Header, its rule, and the two lines at the foot. */
export const CHROME_ROWS = 4;

/**
 * The operator's desk: where they are, what they see of the data, what they can do. It lives outside React, which draws it
 * whenever its `version` has changed.
 */
export class Dashboard {
  readonly parts: DashboardParts;
  readonly #rows = new OrderedRows();
  readonly #listeners = new Set<() => void>();
  #feed: Feed | undefined;
  #view = FIRST_VIEW;
  #size: Size = { columns: 80, rows: 24 };
  #version = 0;
  #terminal: Terminal | undefined;

  constructor(parts: DashboardParts) {
    this.parts = parts;
  }

  /** Its data; once, before anything else. */
  attach(feed: Feed): void {
    this.#feed = feed;
  }

  /** Where it is drawn, once it is. */
  own(terminal: Terminal): void {
    this.#terminal = terminal;
  }

  get terminal(): Terminal | undefined {
    return this.#terminal;
  }

  get feed(): Feed {
    if (this.#feed === undefined) throw new Error("the dashboard has no feed yet");
    return this.#feed;
  }

  get view(): View {
    return this.#view;
  }

  get size(): Size {
    return this.#size;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  };

  readonly version = (): number => this.#version;

  /** Something that is shown is another now. */
  readonly changed = (): void => {
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  };

  resize(size: Size): void {
    if (size.columns === this.#size.columns && size.rows === this.#size.rows) return;
    this.#size = size;
    this.changed();
  }

  change(...changes: readonly Change[]): void {
    for (const change of changes) this.#view = changeView(this.#view, change);
    this.changed();
  }

  get screen(): AnyScreen {
    return SCREENS[placeOf(this.#view).screen];
  }

  /** Now, or when it was paused. */
  get now(): number {
    return this.#view.pausedAt ?? this.parts.now();
  }

  canvas(): Canvas {
    const list = listOf(this.#view);
    const { main, side } = split(this.screen, this.#size);
    return { width: main - 2, sided: side > 0, height: Math.max(1, this.#size.rows - CHROME_ROWS), now: this.now, look: this.parts.look, list, sortedBy: list.sort === undefined ? undefined : this.screen.orders?.[list.sort]?.title, place: placeOf(this.#view), log: this.parts.log.entries };
  }

  /** What the screen asks, without its panel. */
  wish(): Wish {
    return this.screen.query(placeOf(this.#view), listOf(this.#view));
  }

  /** The panel's question about the row under the cursor. */
  sideWish(): Wish | undefined {
    const { screen } = this;
    const row = this.row();
    if (row === undefined || screen.side === undefined || split(screen, this.#size).side === 0) return undefined;
    return screen.side.query(row);
  }

  /** Everything that is to be read now; nothing while there is no room to show it. */
  wishes(): readonly Wish[] {
    if (tooSmall(this.#size) && !this.parts.linear) return [];
    const side = this.sideWish();
    return side === undefined ? [this.wish()] : [this.wish(), side];
  }

  answer(): AnswerOf<QueryName> | undefined {
    return this.feed.of(this.wish())?.answer;
  }

  rows(): readonly Row[] {
    const answer = this.answer();
    if (answer === undefined) return [];
    // The list moves by the real clock, also while the data stands still.
    const canvas = { ...this.canvas(), now: this.parts.now() };
    return this.#rows.of(this.screen, answer, canvas, placeName(placeOf(this.#view)));
  }

  /** Rows that there is room for, below the head. */
  listHeight(): number {
    const answer = this.answer();
    const canvas = this.canvas();
    return Math.max(1, canvas.height - (answer === undefined ? 0 : this.screen.head(answer, canvas).length));
  }

  /** Under the cursor. */
  row(): Row | undefined {
    const rows = this.rows();
    return rows[cursorIndex(listOf(this.#view), rows)];
  }

  subject(): Subject | undefined {
    const answer = this.answer();
    if (answer === undefined) return undefined;
    return this.row()?.subject ?? this.screen.subject?.(placeOf(this.#view), answer);
  }

  actions(): ReturnType<typeof actionsOn> {
    return actionsOn(this.subject()?.kind);
  }
}
