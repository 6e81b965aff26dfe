import { loadConfig } from "../../engine/config.ts";
import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { createIds } from "../../engine/core/ids.ts";
import { findHandler } from "../../engine/refs/handler-change.ts";
import { runningDaemon } from "../../engine/store/daemon-lock.ts";
import { countWaitingRuns, insertRun, runById } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { objectOption } from "../object-option.ts";
import { emit, emitJson, paint, printable, say } from "../output.ts";
import { patienceOf, waitFor } from "../patience.ts";
import { runView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "change", async (store) => {
    const [processor = ""] = call.args;
    const { refs } = loadConfig(call.home);
    const dryRun = flag(call, "dryRun");
    const asked = { id: createIds().make("run", Date.now()), processor_type: processor, input: objectOption(call, "input") ?? {}, created_at: Date.now() };
    store.write(() => {
      findHandler(store, "processor", processor);
      const waiting = countWaitingRuns(store);
      if (waiting >= refs.max_waiting) throw new NexusError("REF_QUEUE_FULL", `${waiting} runs wait, as many as refs.max_waiting allows`);
      if (JSON.stringify(asked.input).length > refs.max_passage_bytes) throw new NexusError("USAGE", `--input is larger than refs.max_passage_bytes = ${refs.max_passage_bytes}`);
      if (!dryRun) insertRun(store, asked);
    });
    const ended = dryRun ? undefined : await waitFor(store, patienceOf(call), () => endedOf(runById(store, asked.id)));
    const now = ended ?? (dryRun ? undefined : runById(store, asked.id));
    if (call.json) emitJson({ ...(now === undefined ? { ...asked, status: "pending" } : runView(now)), ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(asked.id);
    else emit(`${ended === undefined ? (dryRun || call.options["wait"] === undefined ? paint("green", "✓") : "·") : ended.status === "done" ? paint("green", "✓") : paint("red", "✗")} ${dryRun ? "[dry run] " : ""}${printable(`${asked.id} of ${processor}: ${ended?.status ?? "waits"}${ended?.error === undefined ? "" : `: ${ended.error}`}`)}`);
    if (ended === undefined) {
      if (!dryRun && runningDaemon(call.home) === undefined) say("it waits for the daemon: nexus serve");
      return call.options["wait"] === undefined || dryRun ? EXIT.done : EXIT.timedOut;
    }
    return ended.status === "done" ? EXIT.done : EXIT.failed;
  });

function endedOf<Found extends { readonly status: string }>(found: Found | undefined): Found | undefined {
  return found === undefined || found.status === "pending" || found.status === "running" ? undefined : found;
}
