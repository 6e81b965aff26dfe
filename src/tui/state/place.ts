/** Where the operator is: a screen, and what of it. */
export interface Place {
  readonly screen: ScreenId;
  /** The hook, event, session, ... that it shows. */
  readonly id?: string;
  /** One of the screen's tabs; without it the first. */
  readonly tab?: string;
}

/** In the order of the number keys. */
export const MAIN_SCREENS = ["overview", "hooks", "live", "events", "dispatches", "sessions", "refs", "schedule", "commands"] as const;
export const DETAIL_SCREENS = ["hook", "event", "dispatch", "session", "ref"] as const;
export type ScreenId = (typeof MAIN_SCREENS)[number] | (typeof DETAIL_SCREENS)[number];

/** Two places of the same name have the same list. */
export function placeName({ screen, id, tab }: Place): string {
  return [screen, id ?? "", tab ?? ""].join("\n");
}
