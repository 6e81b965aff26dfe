import type { StoredEvent } from "../../engine/core/event.ts";
import { eventsAfter, lastSeq, seqBefore } from "../../engine/store/event-queries.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { countOption, timeOption } from "../options.ts";
import { emitLine, isoTime, oneLine, printable } from "../output.ts";
import { eventView } from "../views.ts";
import { withStore } from "../workspace.ts";

/** How often the database is asked for a commit of another process, ms. */
const POLL_MS = 50;
const PAGE = 500;

/** Prints events as they are stored, until it is interrupted or has printed `--count`; with `--since` earlier ones first. */
export const run: Run = (call) =>
  withStore(call, "must exist", async (store) => {
    const since = timeOption(call, "since", Date.now());
    let left = textOption(call, "count") === undefined ? Number.POSITIVE_INFINITY : countOption(call, "count", 1);
    let seq = since === undefined ? lastSeq(store) : seqBefore(store, since);
    for (;;) {
      // Asked before reading: what is committed after it changes it again.
      const version = store.dataVersion();
      for (let page = eventsAfter(store, seq, PAGE); page.length > 0; page = eventsAfter(store, seq, PAGE)) {
        for (const event of page) {
          await emitLine(call.json ? printable(JSON.stringify(eventView(event))) : lineOf(event));
          seq = event.seq;
          left -= 1;
          if (left <= 0) return;
        }
      }
      while (store.dataVersion() === version) await Bun.sleep(POLL_MS);
    }
  });

function lineOf(event: StoredEvent): string {
  const parts = [isoTime(event.timestamp), event.type, event.channel, event.id, event.sender_id, event.content === undefined ? undefined : oneLine(event.content)];
  return printable(parts.filter((part) => part !== undefined).join("  "));
}
