import { NexusError } from "../engine/core/errors.ts";
import { SCREENS } from "./screens/screens.ts";
import type { Place } from "./state/place.ts";

/** Throws USAGE for a tab that the screen does not have. */
export function checkPlace({ screen, tab }: Place): void {
  const { tabs = [] } = SCREENS[screen];
  if (tab === undefined || tabs.includes(tab)) return;
  throw new NexusError("USAGE", `the screen ${screen} has no tab ${JSON.stringify(tab)}: ${tabs.length === 0 ? "it has none" : `expected ${tabs.join(", ")}`}`, { did_you_mean: tabs.filter((one) => one.startsWith(tab.slice(0, 2))) });
}
