import { findHook } from "../../engine/registry/find-hook.ts";
import { versionsOf } from "../../engine/store/hook-versions.ts";
import type { Run } from "../call.ts";
import { emit, emitJson, isoTime } from "../output.ts";
import { table } from "../table.ts";
import { versionView } from "../views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const hook = findHook(store, call.args[0] ?? "");
    const versions = versionsOf(store, hook.id);
    if (call.json) return emitJson(versions.map((version) => versionView(version, version.id === hook.version.id)));
    const rows = versions.map((version) => [
      version.id === hook.version.id ? `${version.version} *` : String(version.version),
      version.script_hash.slice(0, 12),
      isoTime(version.created_at),
      version.creator.agent ?? "-",
      version.source_path,
    ]);
    emit(table(["Version", "Hash", "Created", "By", "Source"], rows));
  });
