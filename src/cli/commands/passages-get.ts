import { NexusError } from "../../engine/core/errors.ts";
import { passageById } from "../../engine/store/passages.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime, paint, printable } from "../output.ts";
import { passageView } from "../ref-views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const [id = ""] = call.args;
    const passage = passageById(store, id);
    if (passage === undefined) throw new NexusError("PASSAGE_NOT_FOUND", `there is no passage ${JSON.stringify(id)}`, { next: ["nexus passages list"] });
    if (call.json) return emitJson(passageView(passage));
    if (call.quiet) return emit(printable(passage.content));
    emit(paint("bold", printable(`${passage.id}  ${passage.type}, ${isoTime(passage.created_at)}${passage.created_by === undefined ? "" : ` by ${passage.created_by}`}`)));
    if (Object.keys(passage.metadata).length > 0) emit(printable(`  Metadata ${JSON.stringify(passage.metadata)}`));
    emit(`\n${printable(passage.content)}`);
  });
