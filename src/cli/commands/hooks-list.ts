import type { Hook } from "../../engine/core/hook.ts";
import { HOOK_STATUSES } from "../../engine/core/hook.ts";
import { listHooks } from "../../engine/store/hooks.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { choiceOption } from "../options.ts";
import { emit, emitJson, isoTime, oneLine, say } from "../output.ts";
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
    if (call.quiet) return hooks.length === 0 ? undefined : emit(hooks.map(({ slug, id }) => (deleted ? id : slug)).join("\n"));
    if (hooks.length === 0) return say(deleted ? "no deleted hooks" : status === undefined && createdBy === undefined ? "no hooks; register one with `nexus hooks register SCRIPT`" : "no such hooks");
    // Several deleted hooks may have had one name: their ids tell them apart.
    if (deleted) return emit(table(["Hook", "ID", "Deleted", "Status", "Version", "Created by", "Description"], hooks.map((hook) => [hook.slug, hook.id, time(hook.deleted_at), ...what(hook)])));
    const staged = hooks.some(({ version }) => version.metadata.stage !== "runAutomations");
    const rows = hooks.map((hook) => {
      const [state, version, ...rest] = what(hook);
      return [hook.slug, state, hook.version.metadata.mode, ...(staged ? [stageText(hook)] : []), version, String(hook.trigger_count), time(hook.last_triggered), ...rest];
    });
    emit(table(["Hook", "Status", "Mode", ...(staged ? ["Stage"] : []), "Version", "Fires", "Last fired", "Created by", "Description"], rows));
  });

function what({ status, version, creator }: Hook): [status: string, version: string, by: string, description: string] {
  return [status, `v${version.version}`, oneLine(creator.agent ?? "-"), oneLine(version.metadata.description ?? "")];
}

/** `afterRunAgent 10`: the stage, and its place there. */
function stageText({ version: { metadata: { stage, priority } } }: Hook): string {
  return stage === "runAutomations" ? "-" : `${stage} ${priority}`;
}

function time(ms: number | undefined): string {
  return ms === undefined ? "-" : isoTime(ms);
}
