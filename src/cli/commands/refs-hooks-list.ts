import { listRefHooks } from "../../engine/store/ref-hooks.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { cutList } from "../cut-list.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, printable, say } from "../output.ts";
import { refHookView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const filter = { ref_name: textOption(call, "ref"), action_type: textOption(call, "action"), enabledOnly: !flag(call, "all") };
    const limit = countOption(call, "last", 1_000);
    const hooks = cutList(listRefHooks(store, { ...filter, limit: limit + 1 }), limit);
    if (call.json) return emitJson(hooks.map(refHookView));
    if (hooks.length === 0) return say(`no ${filter.enabledOnly ? "enabled " : ""}hooks on ${filter.ref_name ?? "any ref"}; nexus refs hooks create REF ACTION --config ... makes one`);
    if (call.quiet) return emit(hooks.map(({ id }) => printable(id)).join("\n"));
    emit(table(["ID", "Ref", "Action", "Enabled", "Created", "Config"], hooks.map(({ id, ref_name, action_type, enabled, created_at, config }) => [id, ref_name, action_type, enabled ? "yes" : "no", isoTime(created_at), oneLine(JSON.stringify(config))])));
  });
