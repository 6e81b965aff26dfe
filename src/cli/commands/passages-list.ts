import { listPassages } from "../../engine/store/passages.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
import { passageView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const type = textOption(call, "type");
    const passages = listPassages(store, { type, limit: countOption(call, "last", 20) });
    if (call.json) return emitJson(passages.map(passageView));
    if (passages.length === 0) return say(`no passages${type === undefined ? "" : ` of the type ${type}`}; nexus passages add makes one`);
    if (call.quiet) return emit(passages.map(({ id }) => id).join("\n"));
    emit(table(["ID", "Created", "Type", "Content"], passages.map(({ id, created_at, type: of, content }) => [id, isoTime(created_at), of, oneLine(content.slice(0, 200))])));
  });
