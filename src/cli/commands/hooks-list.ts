import { HOOK_STATUSES } from "../../engine/core/hook.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { choiceOption } from "../options.ts";
import { emit, emitJson, isoTime, say } from "../output.ts";
import { table } from "../table.ts";
import { hookView } from "../views.ts";
import { withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "must exist", (store) => {
    const status = choiceOption(call, "status", HOOK_STATUSES);
    const createdBy = textOption(call, "createdBy");
    const deleted = flag(call, "deleted");
    const hooks = listHooks(store, { deleted, ...(status === undefined ? {} : { status }), ...(createdBy === undefined ? {} : { createdBy }) });
    if (call.json) return emitJson(hooks.map(hookView));
    if (call.quiet) return hooks.length === 0 ? undefined : emit(hooks.map(({ slug }) => slug).join("\n"));
    if (hooks.length === 0) return say("no hooks; register one with `nexus hooks register SCRIPT`");
    const rows = hooks.map((hook) => [
      hook.slug,
      hook.status,
      hook.version.metadata.mode,
      `v${hook.version.version}`,
      String(hook.trigger_count),
      hook.last_triggered === undefined ? "-" : isoTime(hook.last_triggered),
      hook.creator.agent ?? "-",
      hook.version.metadata.description ?? "",
    ]);
    emit(table(["Hook", "Status", "Mode", "Version", "Fires", "Last fired", "Created by", "Description"], rows));
  });
