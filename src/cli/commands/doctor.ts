import { tmpdir } from "node:os";
import type { Check, Situation } from "../../engine/doctor/check.ts";
import { examine } from "../../engine/doctor/examine.ts";
import type { Repaired } from "../../engine/doctor/repair.ts";
import { loadConfig } from "../../engine/config.ts";
import type { IsolationSetting } from "../../engine/runtime/sandbox/isolation.ts";
import { probeIsolation } from "../../engine/runtime/sandbox/probe-isolation.ts";
import { EXIT } from "../../engine/core/errors.ts";
import { createIds } from "../../engine/core/ids.ts";
import type { Call, Run } from "../call.ts";
import { flag } from "../call.ts";
import { emit, emitJson, paint, printable } from "../output.ts";

const SIGNS = { ok: paint("green", "✓"), warning: paint("yellow", "!"), problem: paint("red", "✗") } as const;

/** Exit code 1 says that there is a problem: 6 is for findings about what was handed in, and a home is no input. */
export const run: Run = async (call) => {
  const situation: Situation = { home: call.home, now: Date.now(), env: process.env, temporary: tmpdir(), isolation: await isolationOf(call.home) };
  const before = examine(situation);
  const dryRun = flag(call, "dryRun");
  const repairs = flag(call, "repair") ? await repaired(before, situation, dryRun) : undefined;
  const checks = repairs === undefined || dryRun ? before : examine(situation);
  const problems = checks.filter(({ status }) => status === "problem").length;
  print(call, checks, repairs, dryRun);
  return problems === 0 ? EXIT.done : EXIT.failed;
};

/** With a config that cannot be read, what its default would give: the config has a check of its own. */
async function isolationOf(home: string): Promise<Situation["isolation"]> {
  let setting: IsolationSetting = "auto";
  try {
    setting = loadConfig(home).isolation;
  } catch {
    // Reported by its own check.
  }
  try {
    return await probeIsolation(setting);
  } catch (error) {
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

async function repaired(checks: readonly Check[], situation: Situation, dryRun: boolean): Promise<Repaired[]> {
  // The bundler is large and seldom needed.
  const { repairAll } = await import("../../engine/doctor/repair.ts");
  const { bundleScript } = await import("../../engine/registry/authoring/bundle-script.ts");
  const { readScript } = await import("../../engine/registry/authoring/read-script.ts");
  const ids = createIds();
  return await repairAll(checks, { situation, dryRun, id: () => ids.make("ntc", situation.now), bundle: async (path) => await bundleScript(await readScript(path)) });
}

function print(call: Call, checks: readonly Check[], repairs: readonly Repaired[] | undefined, dryRun: boolean): void {
  const count = (status: Check["status"]): number => checks.filter((check) => check.status === status).length;
  const summary = { ok: count("ok"), warnings: count("warning"), problems: count("problem") };
  if (call.json) return emitJson({ home: call.home, healthy: summary.problems === 0, ...summary, checks, ...(repairs === undefined ? {} : { repairs }), ...(dryRun ? { dry_run: true } : {}) });
  const shown = call.quiet ? checks.filter(({ status }) => status !== "ok") : checks;
  emit(
    [
      ...shown.flatMap(({ name, status, detail, fix }) => [`${SIGNS[status]} ${name.padEnd(12)} ${printable(detail)}`, ...(fix === undefined || status === "ok" ? [] : [`  ${" ".repeat(12)} fix: ${printable(fix)}`])]),
      ...(repairs ?? []).map(({ repair, done, detail }) => `${done ? paint("green", "✓ repaired") : dryRun ? "[dry run] would repair" : paint("yellow", "· not repaired")} ${repair}: ${printable(detail)}`),
      ...(repairs?.length === 0 ? ["Nothing to repair"] : []),
      `${summary.problems} problems, ${summary.warnings} warnings, ${summary.ok} ok`,
    ].join("\n"),
  );
}
