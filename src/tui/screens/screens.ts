import type { ScreenId } from "../state/place.ts";
import { commandsScreen } from "./commands.ts";
import { hooksScreen } from "./hooks.ts";
import { overviewScreen } from "./overview.ts";
import type { AnyScreen } from "./screen.ts";

/** Every screen. */
export const SCREENS: Readonly<Record<ScreenId, AnyScreen>> = {
  overview: overviewScreen,
  hooks: hooksScreen,
  live: overviewScreen,
  events: overviewScreen,
  dispatches: overviewScreen,
  sessions: overviewScreen,
  refs: overviewScreen,
  schedule: overviewScreen,
  commands: commandsScreen,
  hook: overviewScreen,
  event: overviewScreen,
  dispatch: overviewScreen,
  session: overviewScreen,
  ref: overviewScreen,
};
