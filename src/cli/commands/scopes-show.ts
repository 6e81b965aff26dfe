import { findScope } from "../../engine/refs/scope-change.ts";
import { scopePassages } from "../../engine/store/scopes.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, oneLine, paint, printable } from "../output.ts";
import { passageView, scopeView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const scope = findScope(store, call.args[0] ?? "");
    const found = scopePassages(store, scope.name);
    if (call.json) return emitJson({ ...scopeView(scope), passages: found.map(({ passage, ref_name }) => ({ ...passageView(passage), ...(ref_name === undefined ? {} : { ref_name }) })) });
    emit(paint("bold", printable(`${scope.name}  version ${scope.version}${scope.refreshed_at === undefined ? "" : `, ${isoTime(scope.refreshed_at)}`}`)));
    emit(printable(`  ${JSON.stringify(scope.definition)}`));
    if (found.length === 0) return emit("  No passage belongs to it.");
    emit(`\n${table(["Passage", "Type", "By ref", "Content"], found.map(({ passage, ref_name }) => [passage.id, passage.type, ref_name ?? "-", oneLine(passage.content.slice(0, 200))]))}`);
  });
