import type { ScreenId } from "../state/place.ts";
import { commandsScreen } from "./commands.ts";
import { eventScreen } from "./event.ts";
import { eventsScreen } from "./events.ts";
import { hookScreen } from "./hook.ts";
import { hooksScreen } from "./hooks.ts";
import { liveScreen } from "./live.ts";
import { overviewScreen } from "./overview.ts";
import type { AnyScreen } from "./screen.ts";

/** Every screen. */
export const SCREENS: Readonly<Record<ScreenId, AnyScreen>> = {
  overview: overviewScreen,
  hooks: hooksScreen,
  live: liveScreen,
  events: eventsScreen,
  dispatches: overviewScreen,
  sessions: overviewScreen,
  refs: overviewScreen,
  schedule: overviewScreen,
  commands: commandsScreen,
  hook: hookScreen,
  event: eventScreen,
  dispatch: overviewScreen,
  session: overviewScreen,
  ref: overviewScreen,
};
