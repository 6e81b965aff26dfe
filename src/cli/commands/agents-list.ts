import { loadConfig } from "../../engine/config.ts";
import { listDispatches } from "../../engine/store/dispatches.ts";
import { runningTurns } from "../../engine/store/turns.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, oneLine, say } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

/** Dispatches that are looked at to count what waits for an agent by name. */
const LOOKED_AT = 10_000;

export const run: Run = (call) =>
  withStore(call, "create", (store) => {
    const { agents, personas, agent: fallback } = loadConfig(call.home);
    const running = runningTurns(store);
    const waiting = listDispatches(store, { limit: LOOKED_AT, status: "pending" });
    const views = Object.entries(agents).map(([name, settings]) => ({
      name,
      runner: settings.runner,
      ...("preset" in settings && settings.preset !== undefined ? { preset: settings.preset } : {}),
      description: settings.description,
      max_turns: settings.max_turns,
      running: running.filter(({ agent }) => agent === name).length,
      waiting: waiting.filter(({ agent }) => agent === name).length,
      personas: Object.entries(personas).flatMap(([persona, { agent }]) => (agent === name ? [persona] : [])),
      default: fallback === name || (fallback === undefined && Object.keys(agents).length === 1),
    }));
    if (call.json) return emitJson(views);
    if (views.length === 0) return say("no agents are configured: add [agents.NAME] to config.toml; until then fires wait as dispatches");
    emit(table(["Agent", "Runner", "Running", "Most", "Personas", "What for"], views.map((view) => [view.name, view.runner, String(view.running), String(view.max_turns), view.personas.join(", ") || (view.default ? "(default)" : "-"), oneLine(view.description ?? "-")])));
  });
