import { listEvents } from "../../engine/store/event-queries.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { countOption, timeOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, printable, say } from "../output.ts";
import { table } from "../table.ts";
import { eventView } from "../views.ts";
import { withStore } from "../workspace.ts";

const CONTENT_CHARACTERS = 80;

/** JSON is newest first; the table ends with the newest, where one reads on. */
export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const now = Date.now();
    const events = listEvents(store, {
      limit: countOption(call, "last", 20),
      type: textOption(call, "type"),
      channel: textOption(call, "channel"),
      thread: textOption(call, "thread"),
      sender: textOption(call, "sender"),
      search: textOption(call, "search"),
      since: timeOption(call, "since", now),
      until: timeOption(call, "until", now),
    });
    if (call.json) return emitJson(events.map(eventView));
    if (call.quiet) return events.length === 0 ? undefined : emit(events.map(({ id }) => printable(id)).join("\n"));
    if (events.length === 0) return say("no such events; `nexus events emit` stores one");
    const rows = events
      .toReversed()
      .map((event) => [isoTime(event.timestamp), event.id, event.type, event.channel, event.sender_id ?? "-", cut(oneLine(event.content ?? ""))]);
    emit(table(["Time", "ID", "Type", "Channel", "Sender", "Content"], rows));
  });

function cut(text: string): string {
  return text.length > CONTENT_CHARACTERS ? `${text.slice(0, CONTENT_CHARACTERS)}…` : text;
}
