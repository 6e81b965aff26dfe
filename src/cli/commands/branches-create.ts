import { createIds } from "../../engine/core/ids.ts";
import { createBranch } from "../../engine/refs/create-branch.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { choiceOption } from "../options.ts";
import { emit, emitJson, paint, printable } from "../output.ts";
import { branchView } from "../ref-views.ts";
import { callerFromEnv, withStore } from "../workspace.ts";

export const run: Run = (call) =>
  withStore(call, "create", (store) => {
    const [name = ""] = call.args;
    const hooks = choiceOption(call, "hooks", ["on", "off"]);
    const dryRun = flag(call, "dryRun");
    const branch = createBranch(store, name, {
      isMain: flag(call, "main"), hooksEnabled: hooks === undefined ? undefined : hooks === "on", parent: textOption(call, "parent"),
      description: textOption(call, "description"), created_by: callerFromEnv(process.env).agent, ids: createIds(), now: Date.now(), dryRun,
    });
    if (call.json) emitJson({ ...branchView(branch), ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(branch.id);
    else emit(`${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${printable(`Branch created: ${name}${branch.is_main ? ", the main branch" : ""}, hooks ${branch.hooks_enabled ? "on" : "off"}`)}`);
  });
