import { BRANCH_PARTS, branchRef } from "../../engine/core/ref.ts";
import { findBranch } from "../../engine/refs/branch-names.ts";
import { refByName } from "../../engine/store/refs.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, paint, printable } from "../output.ts";
import { parentText } from "../parent-text.ts";
import { branchView, refView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [name = ""] = call.args;
    const branch = findBranch(store, name);
    const from = branch.parent_id === undefined ? undefined : parentText(store, branch.parent_id);
    const refs = BRANCH_PARTS.map((part) => [branchRef(branch, part), refByName(store, branchRef(branch, part))] as const);
    if (call.json) return emitJson({ ...branchView(branch), ...(from === undefined ? {} : { parent: from }), refs: refs.flatMap(([, ref]) => (ref === undefined ? [] : [refView(ref)])) });
    emit(paint("bold", printable(`${name}${branch.is_main ? "  the main branch" : ""}`)));
    emit(`  Hooks ${branch.hooks_enabled ? "on" : "off"}, created ${isoTime(branch.created_at)}`);
    if (from !== undefined) emit(printable(`  Comes from ${from}`));
    if (branch.description !== undefined) emit(printable(`  ${branch.description}`));
    for (const [ref, at] of refs) emit(printable(`  ${ref} -> ${at?.passage_id ?? "nothing yet"}`));
  });
