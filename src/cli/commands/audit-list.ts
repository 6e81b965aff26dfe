import { listAudit } from "../../engine/store/audit.ts";
import type { Run } from "../call.ts";
import { textOption } from "../call.ts";
import { countOption } from "../options.ts";
import { emit, emitJson, isoTime, say } from "../output.ts";
import { auditView } from "../ref-views.ts";
import { table } from "../table.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const rows = listAudit(store, { destination: textOption(call, "destination"), ref_name: textOption(call, "ref"), limit: countOption(call, "last", 20) });
    if (call.json) return emitJson(rows.map(auditView));
    if (rows.length === 0) return say("no such rows in the audit log; a hook with the action audit_log writes them");
    if (call.quiet) return emit(rows.map(({ seq }) => String(seq)).join("\n"));
    emit(table(["Row", "Time", "Log", "Ref", "Passage", "Before", "By", "Hash"], rows.map((row) => [String(row.seq), isoTime(row.at), row.destination, row.ref_name, row.passage_id ?? "-", row.previous_passage_id ?? "-", row.actor ?? "-", row.hash.slice(0, 12)])));
  });
