import { listBranches } from "../../engine/store/branches.ts";
import type { Run } from "../call.ts";
import { cutList } from "../cut-list.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, printable, say } from "../output.ts";
import { parentText } from "../parent-text.ts";
import { branchView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [prefix = ""] = call.args;
    const limit = countOption(call, "last", 100);
    const branches = cutList(listBranches(store, prefix, limit + 1), limit);
    if (call.json) return emitJson(branches.map(branchView));
    if (branches.length === 0) return say(`no branches${prefix === "" ? "" : ` that begin with ${prefix}`}; nexus branches create makes one`);
    if (call.quiet) return emit(branches.map((one) => printable(`${one.prefix}/${one.name}`)).join("\n"));
    const rows = branches.map(({ prefix: before, name, is_main, hooks_enabled, parent_id, created_at, description }) => [`${before}/${name}`, is_main ? "yes" : "-", hooks_enabled ? "on" : "off", parentText(store, parent_id), isoTime(created_at), oneLine(description ?? "-")]);
    emit(table(["Branch", "Main", "Hooks", "Parent", "Created", "Description"], rows));
  });
