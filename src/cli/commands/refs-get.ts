import { NexusError } from "../../engine/core/errors.ts";
import { shellWord } from "../../engine/core/shell-word.ts";
import { nearest } from "../../engine/core/nearest.ts";
import { passageById } from "../../engine/store/passages.ts";
import { listRefs, refByName } from "../../engine/store/refs.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, paint, printable } from "../output.ts";
import { passageView, refView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [name = ""] = call.args;
    const ref = refByName(store, name);
    if (ref === undefined) {
      const known = listRefs(store, "", 1_000).map((one) => one.name);
      throw new NexusError("REF_NOT_FOUND", `there is no ref ${JSON.stringify(name)}`, { did_you_mean: nearest(name, known), next: ["nexus refs list", `nexus refs history ${shellWord(name)}`] });
    }
    const passage = passageById(store, ref.passage_id);
    if (call.json) return emitJson({ ...refView(ref), ...(passage === undefined ? {} : { passage: passageView(passage) }) });
    if (call.quiet) return emit(ref.passage_id);
    emit(paint("bold", printable(`${ref.name} -> ${ref.passage_id}`)));
    emit(printable(`  Since ${isoTime(ref.updated_at)}, by update ${ref.update_id}`));
    if (Object.keys(ref.metadata).length > 0) emit(printable(`  Metadata ${JSON.stringify(ref.metadata)}`));
    if (passage === undefined) return;
    emit(printable(`  Type ${passage.type}${Object.keys(passage.metadata).length > 0 ? `, metadata ${JSON.stringify(passage.metadata)}` : ""}`));
    emit(`\n${printable(passage.content)}`);
  });
