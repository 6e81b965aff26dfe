import { reviveRun, runById } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { runView } from "../ref-views.ts";
import { changeWaiting } from "../waiting-change.ts";

export const run: Run = (call) =>
  changeWaiting(call, {
    find: runById, missing: { code: "RUN_NOT_FOUND", noun: "run", list: "nexus runs list" },
    from: ["failed", "cancelled", "pending"], hint: "what ended without success, or waits for its next attempt, can be retried",
    change: reviveRun,
    view: runView, done: "waits again",
  });
