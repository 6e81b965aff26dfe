import { listScopes } from "../../engine/store/scopes.ts";
import type { Run } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { scopeView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const scopes = listScopes(store, countOption(call, "last", 100));
    if (call.json) return emitJson(scopes.map(scopeView));
    if (scopes.length === 0) return say("no scopes; nexus scopes create makes one");
    emit(table(["Scope", "Version", "Refreshed", "Of"], scopes.map(({ name, version, refreshed_at, definition }) => [name, String(version), refreshed_at === undefined ? "-" : isoTime(refreshed_at), oneLine(JSON.stringify(definition))])));
  });
