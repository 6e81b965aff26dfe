import { NexusError } from "../../engine/core/errors.ts";
import { lookFromEnvironment } from "../../tui/look/look.ts";
import type { Run } from "../call.ts";

export const run: Run = async (call) => {
  const { runTui } = await import("../../tui/run-tui.tsx");
  const look = lookFromEnvironment(process.env, {});
  if (call.args.length > 3) throw new NexusError("USAGE", "");
  return runTui({ home: call.home, look, readonly: false, linear: false, bytesPerSecond: 20_000, everyMs: 1_000, screen: "overview" });
};
