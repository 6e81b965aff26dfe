import { configSchema } from "../../engine/config.ts";
import type { Finding } from "../../engine/core/errors.ts";
import { EXIT, NexusError } from "../../engine/core/errors.ts";
import type { HookMetadata } from "../../engine/core/hook.ts";
import { validateScript } from "../../engine/registry/authoring/prepare-script.ts";
import { isWarning, prepareOptions } from "../authoring.ts";
import type { Run } from "../call.ts";
import { stageLines } from "../views.ts";
import { emit, emitJson, findingLine, paint } from "../output.ts";

type Standing = Pick<HookMetadata, "stage" | "priority" | "required">;

function standing({ stage, priority, required }: HookMetadata): Standing {
  return { stage, priority, ...(required === undefined ? {} : { required }) };
}

/** Needs no home and no daemon: made for CI. */
export const run: Run = async (call) => {
  const options = prepareOptions(configSchema.parse({}), {});
  const checked: ({ script: string; ok: boolean; hook?: string; findings: readonly Finding[] } & Partial<Standing>)[] = [];
  for (const script of call.args) {
    const { findings, prepared } = await validateScript(script, options);
    const missing = findings.find(({ code }) => code === "SCRIPT_NOT_FOUND");
    if (missing !== undefined) throw new NexusError("SCRIPT_NOT_FOUND", missing.message);
    checked.push({ script, ok: findings.every(isWarning), ...(prepared === undefined ? {} : { hook: prepared.slug, ...standing(prepared.metadata) }), findings });
  }
  if (call.json) emitJson(checked);
  else {
    for (const { script, ok, findings, stage = "runAutomations", priority = 0, required } of checked) {
      const where = stageLines({ stage, priority, ...(required === undefined ? {} : { required }) }).join("");
      if (ok) emit(`${paint("green", "✓")} ${script}${where === "" ? "" : `  ${where}`}`);
      for (const finding of findings) emit(`${isWarning(finding) ? "warning: " : ""}${findingLine(finding)}`);
    }
  }
  return checked.every(({ ok }) => ok) ? EXIT.done : EXIT.findings;
};
