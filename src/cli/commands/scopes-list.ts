import { listScopes } from "../../engine/store/scopes.ts";
import type { Run } from "../call.ts";
import { cutList } from "../cut-list.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, printable, say } from "../output.ts";
import { scopeView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const limit = countOption(call, "last", 100);
    const scopes = cutList(listScopes(store, limit + 1), limit);
    if (call.json) return emitJson(scopes.map(scopeView));
    if (scopes.length === 0) return say("no scopes; nexus scopes create makes one");
    if (call.quiet) return emit(scopes.map(({ name }) => printable(name)).join("\n"));
    emit(table(["Scope", "Version", "Refreshed", "Of"], scopes.map(({ name, version, refreshed_at, definition }) => [name, String(version), refreshed_at === undefined ? "-" : isoTime(refreshed_at), oneLine(JSON.stringify(definition))])));
  });
