import { moveCursor, NEW_LIST, type ListView } from "./list.ts";
import { placeName, type Place } from "./place.ts";

/** A line that is being typed. */
export interface Typing {
  readonly text: string;
  /** Counted in characters as people see them. */
  readonly at: number;
}

/**
 * What the keys go to.
 *
 *   browse ── / ──▶ filter      browse ── : ──▶ palette      browse ── ? ──▶ help
 *   browse ── an action ──▶ ask (it needs a word) ──▶ confirm (it cannot be undone) ──▶ browse
 *   Esc leads back to browse from each of them.
 */
export type Mode =
  | { readonly at: "browse" }
  | { readonly at: "filter"; readonly before: string }
  | { readonly at: "palette"; readonly typing: Typing; readonly index: number }
  | { readonly at: "help"; readonly top: number }
  | { readonly at: "ask"; readonly action: string; readonly label: string; readonly typing: Typing }
  | { readonly at: "confirm"; readonly action: string; readonly question: string; readonly typed: string | undefined };

export interface Message {
  readonly text: string;
  readonly tone: "good" | "warn" | "bad" | "plain";
}

/** What the daemon has told of itself. */
export interface News extends Message {
  /** Unix ms. */
  readonly at: number;
}

/** What the operator sees and has chosen; nothing of the data. */
export interface View {
  /** Where they came from, and at the end where they are. */
  readonly trail: readonly [Place, ...Place[]];
  readonly lists: Readonly<Record<string, ListView>>;
  readonly mode: Mode;
  /** Since when the data stands still, Unix ms. */
  readonly pausedAt: number | undefined;
  readonly message: Message | undefined;
  readonly news: News | undefined;
}

export type Change =
  | { readonly do: "go"; readonly place: Place }
  | { readonly do: "open"; readonly place: Place }
  | { readonly do: "back" }
  | { readonly do: "tab"; readonly tab: string }
  | { readonly do: "move"; readonly by: number; readonly rows: readonly { readonly id: string }[]; readonly height: number; readonly now: number }
  | { readonly do: "list"; readonly set: Partial<ListView> }
  | { readonly do: "mode"; readonly mode: Mode }
  | { readonly do: "say"; readonly message: Message | undefined }
  | { readonly do: "hear"; readonly news: News }
  | { readonly do: "pause"; readonly at: number | undefined };

export const BROWSE: Mode = { at: "browse" };
/** Deeper than anybody goes; a trail that grows for days is cut at its beginning. */
const LONGEST_TRAIL = 32;
const MOST_LISTS = 200;

export const FIRST_VIEW: View = { trail: [{ screen: "overview" }], lists: {}, mode: BROWSE, pausedAt: undefined, message: undefined, news: undefined };

export function placeOf({ trail }: View): Place {
  return trail.at(-1) ?? trail[0];
}

export function listOf(view: View): ListView {
  return view.lists[placeName(placeOf(view))] ?? NEW_LIST;
}

/** Pure: the view after a change. */
export function changeView(view: View, change: Change): View {
  switch (change.do) {
    case "go":
      return { ...view, trail: [change.place], mode: BROWSE, message: undefined };
    case "open": {
      const [first, ...rest] = [...view.trail, change.place].slice(-LONGEST_TRAIL);
      return { ...view, trail: [first ?? change.place, ...rest], mode: BROWSE, message: undefined };
    }
    case "back": {
      const [first, ...rest] = view.trail;
      return { ...view, trail: rest.length === 0 ? [first] : [first, ...rest.slice(0, -1)], message: undefined };
    }
    case "tab": {
      const [first, ...rest] = view.trail;
      const place = { ...placeOf(view), tab: change.tab };
      return { ...view, trail: rest.length === 0 ? [place] : [first, ...rest.slice(0, -1), place] };
    }
    case "move":
      return withList(view, moveCursor(listOf(view), change.rows, change));
    case "list":
      return withList(view, { ...listOf(view), ...change.set });
    case "mode":
      return { ...view, mode: change.mode };
    case "say":
      return { ...view, message: change.message };
    case "hear":
      return { ...view, news: change.news };
    case "pause":
      return { ...view, pausedAt: change.at };
  }
}

function withList(view: View, list: ListView): View {
  const name = placeName(placeOf(view));
  const { [name]: _, ...others } = view.lists;
  // Places that were left long ago go first.
  const kept = Object.entries(others).slice(-(MOST_LISTS - 1));
  return { ...view, lists: { ...Object.fromEntries(kept), [name]: list } };
}
