import { listBranches } from "../../engine/store/branches.ts";
import type { Run } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { branchView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [prefix = ""] = call.args;
    const branches = listBranches(store, prefix, countOption(call, "last", 100));
    if (call.json) return emitJson(branches.map(branchView));
    if (branches.length === 0) return say(`no branches${prefix === "" ? "" : ` that begin with ${prefix}`}; nexus branches create makes one`);
    const rows = branches.map(({ prefix: before, name, is_main, hooks_enabled, created_at, description }) => [`${before}/${name}`, is_main ? "yes" : "-", hooks_enabled ? "on" : "off", isoTime(created_at), oneLine(description ?? "-")]);
    emit(table(["Branch", "Main", "Hooks", "Created", "Description"], rows));
  });
