import { NexusError } from "../../engine/core/errors.ts";
import { verifyAudit } from "../../engine/store/audit.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, paint } from "../output.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const { rows, head, broken } = verifyAudit(store.db);
    if (broken !== undefined) throw new NexusError("AUDIT_BROKEN", `the audit log does not fit together at row ${broken.seq}: ${broken.why}; ${rows} rows before it do`, { hint: "compare with a backup (nexus restore); the log itself cannot say what stood there" });
    if (call.json) return emitJson({ ok: true, rows, ...(head === undefined ? {} : { head }) });
    emit(rows === 0 ? "· The audit log is empty." : `${paint("green", "✓")} ${rows} ${rows === 1 ? "row" : "rows"}, each follows from the one before it; the newest is ${head ?? ""}`);
  });
