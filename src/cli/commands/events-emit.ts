import { loadConfig } from "../../engine/config.ts";
import { denialText } from "../../engine/core/access-policy.ts";
import { NexusError } from "../../engine/core/errors.ts";
import type { NewEvent } from "../../engine/core/event.ts";
import { normaliseEvent, parseEventBytes } from "../../engine/ingest/normalise.ts";
import { Identity } from "../../engine/pipeline/identity.ts";
import { insertEvents } from "../../engine/store/events.ts";
import { refuseWhenFull } from "../../engine/store/waiting.ts";
import type { Call, Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { objectOption } from "../object-option.ts";
import { emit, emitJson, oneLine, paint, printable } from "../output.ts";
import { causedByTurn, turnVariable } from "../turn-cause.ts";
import { eventView } from "../views.ts";
import { withStore } from "../workspace.ts";

/** Option → field of the event input. */
const FIELDS = {
  id: "id",
  type: "type",
  channel: "channel",
  content: "content",
  thread: "thread_id",
  sender: "sender_id",
} as const;

export const run: Run = async (call) => {
  const { events, access, persona } = loadConfig(call.home);
  const event = causedByTurn(await eventOf(call, events.max_bytes), turnVariable("NEXUS_DISPATCH_ID"));
  if (flag(call, "dryRun")) {
    if (call.json) emitJson({ ...eventView(event), dry_run: true });
    else emit(`[dry run] ${printable(event.id)} would be stored`);
    return;
  }
  await withStore(call, "create", (store) => {
    const [stored] = store.write(() => {
      refuseWhenFull(store, events.max_waiting, [event]);
      const { standingOf } = new Identity({ store, policies: access, persona });
      return insertEvents(store, [event], { maxDepth: events.max_depth, maxChain: events.max_chain, standingOf });
    });
    if (stored === undefined) return;
    const { event: { id, suppressed }, duplicate } = stored;
    if (call.json) emitJson({ ...eventView(stored.event), duplicate });
    else if (call.quiet) emit(printable(id));
    else emit(duplicate ? `· Event was there already, nothing was stored: ${printable(id)}` : `${paint("green", "✓")} Event stored: ${printable(id)}${suppressed === "denied" ? `; not to be evaluated: ${oneLine(denialText(stored.event))}` : ""}`);
  });
};

async function eventOf(call: Call, maxBytes: number): Promise<NewEvent> {
  const options = { now: Date.now(), maxBytes };
  const fields = fieldsOf(call);
  const [given] = call.args;
  if (given === undefined) {
    if (Object.keys(fields).length === 0) {
      throw new NexusError("USAGE", "there is no event: give --content or other fields, the event as JSON, or - to read it from stdin", {
        next: ['nexus events emit --channel email --content "hello"'],
      });
    }
    return normaliseEvent(fields, options);
  }
  if (Object.keys(fields).length > 0) throw new NexusError("USAGE", "give the event either as JSON or with options, not both");
  return parseEventBytes(given === "-" ? await Bun.stdin.bytes() : new TextEncoder().encode(given), options);
}

function fieldsOf(call: Call): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [option, field] of Object.entries(FIELDS)) {
    const text = textOption(call, option);
    if (text !== undefined) fields[field] = text;
  }
  const metadata = objectOption(call, "metadata");
  if (metadata !== undefined) fields["metadata"] = metadata;
  return fields;
}
