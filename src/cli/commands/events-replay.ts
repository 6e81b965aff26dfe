import { loadConfig } from "../../engine/config.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { shellWord } from "../../engine/core/shell-word.ts";
import type { StoredEvent } from "../../engine/core/event.ts";
import { createIds } from "../../engine/core/ids.ts";
import { MOST_REPLAYS, planBackfill, type Backfill, type BackfillFilter } from "../../engine/pipeline/backfill.ts";
import { Replayer, type Replay } from "../../engine/pipeline/replay.ts";
import { findHook } from "../../engine/registry/find-hook.ts";
import { eventById } from "../../engine/store/event-queries.ts";
import type { Store } from "../../engine/store/open.ts";
import { eventNotFound } from "../../engine/store/retention/event-not-found.ts";
import type { Call, Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { countOption, timeOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, paint, printable } from "../output.ts";
import { turnVariable } from "../turn-cause.ts";
import { eventView } from "../views.ts";
import { withStore } from "../workspace.ts";

/** Options that choose events by what they are, and say nothing beside the id of one. */
const OF_BACKFILLS = ["since", "until", "type", "channel", "limit", "after"] as const;

export const run: Run = (call) => {
  const [id] = call.args;
  const misplaced = OF_BACKFILLS.filter((name) => call.options[name] !== undefined);
  if (id !== undefined && misplaced.length > 0) throw new NexusError("USAGE", `give either the id of one event or --since with its options; --${misplaced[0]} chooses among many`);
  if (id === undefined && call.options["since"] === undefined) {
    throw new NexusError("USAGE", "say what to replay: the id of an event, or --since TIME for all since then", { next: ["nexus events list", "nexus events replay --since 2h --dry-run"] });
  }
  return withStore(call, flag(call, "dryRun") ? "must exist" : "change", (store) => (id === undefined ? replayMany(call, store) : replayOne(call, store, id)));
};

function replayOne(call: Call, store: Store, id: string): void {
  const judge = (): { readonly replayer: Replayer; readonly replay: Replay } => {
    const original = eventById(store, id);
    if (original === undefined) throw eventNotFound(store, id);
    const replayer = replayerFor(call, store);
    const replay = replayer.judge(original);
    if (replay instanceof NexusError) throw replay;
    return { replayer, replay };
  };
  const dryRun = flag(call, "dryRun");
  const { event, hooks } = dryRun ? judge().replay : store.write(() => {
    const { replayer, replay } = judge();
    return { ...replay, event: replayer.store([replay])[0] ?? replay.event };
  });
  const slugs = hooks.map(({ slug }) => slug);
  // The id is not given away before it is stored.
  if (call.json) return emitJson({ ...eventView(event), ...(dryRun ? { id: undefined, source_id: undefined, dry_run: true } : {}), hooks: slugs });
  if (call.quiet) return dryRun ? undefined : emit(printable(event.id));
  const by = `evaluated by ${slugs.join(", ")}`;
  emit(dryRun ? `[dry run] ${printable(id)} would be replayed, and ${by}` : `${paint("green", "✓")} Event replayed: ${printable(event.id)}, a replay of ${printable(event.replay_of ?? id)}; ${by}`);
}

function replayMany(call: Call, store: Store): void {
  const filter = filterOf(call, store);
  // Looked for first: the ledger is read without the write lock, and what was found is judged again under it.
  const found = planBackfill(store, replayerFor(call, store), filter);
  const dryRun = flag(call, "dryRun");
  if (dryRun || found.replays.length === 0) return printMany(call, found, filter, dryRun, []);
  const { plan, stored } = store.write(() => {
    const replayer = replayerFor(call, store);
    const originals = found.replays.flatMap(({ event }) => eventById(store, event.replay_of ?? "") ?? []);
    const replays = originals.flatMap((original): Replay[] => {
      const judged = replayer.judge(original);
      return judged instanceof NexusError ? [] : [judged];
    });
    return { plan: { ...found, replays }, stored: replayer.store(replays) };
  });
  printMany(call, plan, filter, dryRun, stored);
}

function filterOf(call: Call, store: Store): BackfillFilter {
  const now = Date.now();
  const limit = countOption(call, "limit", MOST_REPLAYS);
  if (limit > MOST_REPLAYS) throw new NexusError("USAGE", `--limit ${limit}: at most ${MOST_REPLAYS} events are replayed at once; --after goes on behind them`);
  const after = textOption(call, "after");
  const behind = after === undefined ? undefined : eventById(store, after);
  if (after !== undefined && behind === undefined) throw eventNotFound(store, after);
  return { since: timeOption(call, "since", now) ?? now, until: timeOption(call, "until", now) ?? now, type: textOption(call, "type"), channel: textOption(call, "channel"), limit, after: behind?.seq };
}

function replayerFor(call: Call, store: Store): Replayer {
  const { events, access, persona } = loadConfig(call.home);
  const hook = textOption(call, "hook");
  return new Replayer({
    store,
    ids: createIds(),
    now: Date.now(),
    policies: access,
    persona,
    limits: events,
    hook: hook === undefined ? undefined : findHook(store, hook),
    cause: turnVariable("NEXUS_DISPATCH_ID"),
    redacted: flag(call, "redacted"),
  });
}

function printMany(call: Call, { replays, skipped, continueAfter }: Backfill, filter: BackfillFilter, dryRun: boolean, stored: readonly StoredEvent[]): void {
  const replayed = replays.map(({ event, hooks }, at) => ({ ...(dryRun ? {} : { id: stored[at]?.id }), replay_of: event.replay_of, hooks: hooks.map(({ slug }) => slug) }));
  const next = continueAfter === undefined ? undefined : goOn(call, filter, continueAfter);
  if (call.json) return emitJson({ since: isoTime(filter.since), until: isoTime(filter.until ?? 0), replayed, skipped, more: next !== undefined, ...(next === undefined ? {} : { after: continueAfter, next }), ...(dryRun ? { dry_run: true } : {}) });
  if (call.quiet) return emit(dryRun ? String(replayed.length) : stored.map(({ id }) => printable(id)).join("\n"));
  const counts = [...Map.groupBy(replayed.flatMap(({ hooks }) => hooks), (slug) => slug)].map(([slug, times]) => `${slug} ${times.length}`);
  const what = replayed.length === 1 ? "1 event" : `${replayed.length} events`;
  emit(`${replayed.length === 0 ? "·" : paint("green", "✓")} ${dryRun ? `[dry run] ${what} would be replayed` : `Replayed: ${what}`}${counts.length === 0 ? "" : `; evaluated by ${counts.join(", ")}`}`);
  for (const [code, count] of Object.entries(skipped)) emit(`  ${count} left out: ${code} (nexus explain ${code})`);
  if (next !== undefined) emit(`  There are more. Go on with: ${oneLine(next)}`);
}

/** With the times as they were: `2h` means another time by then. */
function goOn(call: Call, { since, until }: BackfillFilter, after: string): string {
  const kept = ["hook", "type", "channel", "limit"].flatMap((name) => (textOption(call, name) === undefined ? [] : [`--${name}`, shellWord(textOption(call, name) ?? "")]));
  const flags = [...(flag(call, "redacted") ? ["--redacted"] : []), ...(flag(call, "dryRun") ? ["--dry-run"] : [])];
  return ["nexus events replay --since", isoTime(since), "--until", isoTime(until ?? 0), ...kept, ...flags, "--after", shellWord(after)].join(" ");
}
