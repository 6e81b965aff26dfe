import { isatty } from "node:tty";
import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { parseDuration } from "../../engine/core/duration.ts";
import { lookFromEnvironment, PALETTES, type Palette } from "../../tui/look/look.ts";
import { MAIN_SCREENS, type Place } from "../../tui/state/place.ts";
import type { Call, Run } from "../call.ts";
import { emit, emitJson, printable } from "../output.ts";
import { requireHome } from "../workspace.ts";

/** A dashboard is a guest on somebody's line, and whether there is one cannot be known: tmux and mosh hide it. */
const BYTES_PER_SECOND = 700;
const SNAPSHOT_COLUMNS = 120;

export const run: Run = async (call) => {
  const env = process.env;
  const palette = paletteOf(call.options["palette"]);
  const look = lookFromEnvironment(env, { palette, ...(call.options["ascii"] === true ? { ascii: true } : {}) });
  const place = placeOf(call.args);
  requireHome(call.home);
  const terminal = isatty(0) && isatty(1) && env["TERM"] !== "dumb";
  if (call.json || call.options["once"] === true || !terminal) {
    const { takeSnapshot } = await import("../../tui/snapshot.ts");
    // A terminal that was told no size says 0.
    const columns = isatty(1) && process.stdout.columns > 0 ? process.stdout.columns : SNAPSHOT_COLUMNS;
    const { lines, data } = await takeSnapshot({ home: call.home, look, place, filter: text(call.options["filter"]) ?? "", columns });
    if (call.json) emitJson(data);
    else emit(lines.map(printable).join("\n"));
    return EXIT.done;
  }
  const { runTui } = await import("../../tui/run-tui.tsx");
  return runTui({
    home: call.home, look, place,
    filter: text(call.options["filter"]) ?? "",
    readonly: call.options["readonly"] === true,
    linear: call.options["screenReader"] === true,
    everyMs: intervalOf(call.options["interval"]),
    bytesPerSecond: bytesOf(call) ?? BYTES_PER_SECOND,
  });
};

function placeOf([screen = "overview", id]: readonly string[]): Place {
  const main = MAIN_SCREENS.find((one) => one === screen);
  if (main === undefined) throw new NexusError("USAGE", `there is no screen ${JSON.stringify(screen)}: expected ${MAIN_SCREENS.join(", ")}`, { did_you_mean: MAIN_SCREENS.filter((one) => one.startsWith(screen.slice(0, 2))) });
  return id === undefined ? { screen: main } : { screen: main, tab: id };
}

function paletteOf(given: unknown): Palette | undefined {
  const text = typeof given === "string" ? given : undefined;
  const found = PALETTES.find((one) => one === text);
  if (text !== undefined && found === undefined) throw new NexusError("USAGE", `--palette ${JSON.stringify(text)}: expected ${PALETTES.join(", ")}`);
  return found;
}

function intervalOf(given: unknown): number {
  if (typeof given !== "string") return 1_000;
  const ms = parseDuration(given, "--interval", "USAGE");
  if (ms < 100 || ms > 600_000) throw new NexusError("USAGE", `--interval ${JSON.stringify(given)}: expected a duration from 100ms to 10m, such as 500ms or 2s`);
  return ms;
}

function bytesOf({ options }: Call): number | undefined {
  const given = options["bytesPerSecond"];
  if (given === undefined) return undefined;
  const bytes = Number(given);
  if (!Number.isInteger(bytes) || bytes < 100 || bytes > 100_000_000) throw new NexusError("USAGE", `--bytes-per-second ${JSON.stringify(given)}: expected a whole number from 100 to 100000000`);
  return bytes;
}

function text(given: unknown): string | undefined {
  return typeof given === "string" ? given : undefined;
}
