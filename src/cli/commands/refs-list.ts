import { listRefs } from "../../engine/store/refs.ts";
import type { Run } from "../call.ts";
import { cutList } from "../cut-list.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, printable, say } from "../output.ts";
import { refView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [prefix = ""] = call.args;
    const limit = countOption(call, "last", 100);
    const refs = cutList(listRefs(store, prefix, limit + 1), limit);
    if (call.json) return emitJson(refs.map(refView));
    if (refs.length === 0) return say(`no refs${prefix === "" ? "" : ` that begin with ${prefix}`}; nexus refs set NAME --content ... makes one`);
    if (call.quiet) return emit(refs.map(({ name }) => printable(name)).join("\n"));
    emit(table(["Ref", "Passage", "Updated"], refs.map(({ name, passage_id, updated_at }) => [name, passage_id, isoTime(updated_at)])));
  });
