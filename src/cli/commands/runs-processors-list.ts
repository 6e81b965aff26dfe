import { listHandlers } from "../../engine/store/ref-handlers.ts";
import { countOpenRuns } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { handlerView } from "../handler-call.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const processors = listHandlers(store, "processor");
    if (call.json) return emitJson(processors.map((one) => ({ ...handlerView(one), open_runs: countOpenRuns(store, one.name) })));
    if (processors.length === 0) return say("no processors; nexus runs processors register NAME SCRIPT makes one");
    if (call.quiet) return emit(processors.map(({ name }) => name).join("\n"));
    emit(table(["Processor", "Version", "Registered", "Open runs", "What"], processors.map(({ name, version, created_at, metadata, source_path }) => [name, String(version), isoTime(created_at), String(countOpenRuns(store, name)), oneLine(metadata.description ?? source_path)])));
  });
