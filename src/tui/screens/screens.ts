import type { ScreenId } from "../state/place.ts";
import { commandsScreen } from "./commands.ts";
import { dispatchScreen } from "./dispatch.ts";
import { dispatchesScreen } from "./dispatches.ts";
import { eventScreen } from "./event.ts";
import { eventsScreen } from "./events.ts";
import { hookScreen } from "./hook.ts";
import { hooksScreen } from "./hooks.ts";
import { liveScreen } from "./live.ts";
import { overviewScreen } from "./overview.ts";
import { refScreen } from "./ref.ts";
import { refsScreen } from "./refs.ts";
import { scheduleScreen } from "./schedule.ts";
import type { AnyScreen } from "./screen.ts";
import { sessionScreen } from "./session.ts";
import { sessionsScreen } from "./sessions.ts";

/** Every screen. */
export const SCREENS: Readonly<Record<ScreenId, AnyScreen>> = {
  overview: overviewScreen,
  hooks: hooksScreen,
  live: liveScreen,
  events: eventsScreen,
  dispatches: dispatchesScreen,
  sessions: sessionsScreen,
  refs: refsScreen,
  schedule: scheduleScreen,
  commands: commandsScreen,
  hook: hookScreen,
  event: eventScreen,
  dispatch: dispatchScreen,
  session: sessionScreen,
  ref: refScreen,
};
