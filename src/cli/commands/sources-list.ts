import { listSources, type SourceStanding } from "../../engine/store/list-sources.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, oneLine, printable, say } from "../output.ts";
import { holdView } from "../source-view.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const { sources, more } = listSources(store, Date.now());
    if (call.json) emitJson(sources.map(view));
    else if (call.quiet) for (const { source } of sources) emit(printable(source));
    else if (sources.length === 0) say("no events are stored; put one in with `nexus events emit`");
    else emit(table(["Source", "Last hour", "Last 24h", "Last event", "Waiting", "State"], sources.map(row)));
    if (more) say(`there are more sources than these ${sources.length}`);
  });

function view({ source, last_hour, last_day, last_event_at, hold, waiting }: SourceStanding): Record<string, unknown> {
  return { ...holdView(hold ?? { source }), last_hour, last_day, last_event_at: last_event_at === undefined ? undefined : isoTime(last_event_at), waiting };
}

function row({ source, last_hour, last_day, last_event_at, hold, waiting }: SourceStanding): string[] {
  return [source, String(last_hour), String(last_day), last_event_at === undefined ? "-" : isoTime(last_event_at), hold === undefined ? "-" : String(waiting), state(hold)];
}

function state(hold: SourceStanding["hold"]): string {
  if (hold === undefined) return "-";
  if (hold.held_at === undefined) return "released, on its way";
  return `held since ${isoTime(hold.held_at)} by ${oneLine(hold.held_by ?? "-")}${hold.reason === undefined ? "" : `: ${oneLine(hold.reason)}`}`;
}
