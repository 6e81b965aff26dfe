import { BUILT_IN_ACTIONS } from "../../engine/core/ref.ts";
import { listHandlers } from "../../engine/store/ref-handlers.ts";
import type { Run } from "../call.ts";
import { handlerView } from "../handler-call.ts";
import { emit, emitJson, isoTime, oneLine } from "../output.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const custom = listHandlers(store, "action");
    if (call.json) return emitJson([...BUILT_IN_ACTIONS.map((name) => ({ name, built_in: true })), ...custom.map((one) => ({ ...handlerView(one), built_in: false }))]);
    if (call.quiet) return emit([...BUILT_IN_ACTIONS, ...custom.map(({ name }) => name)].join("\n"));
    const rows = custom.map(({ name, version, created_at, metadata, source_path }) => [name, String(version), isoTime(created_at), oneLine(metadata.description ?? source_path)]);
    emit(table(["Action", "Version", "Registered", "What"], [...BUILT_IN_ACTIONS.map((name) => [name, "-", "built in", "-"]), ...rows]));
  });
