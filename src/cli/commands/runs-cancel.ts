import { cancelRun, runById } from "../../engine/store/runs.ts";
import type { Run } from "../call.ts";
import { runView } from "../ref-views.ts";
import { changeWaiting } from "../waiting-change.ts";

export const run: Run = (call) =>
  changeWaiting(call, {
    find: runById, missing: { code: "RUN_NOT_FOUND", noun: "run", list: "nexus runs list" },
    from: ["pending", "running"], hint: "what waits or runs can be cancelled",
    change: (store, id) => void cancelRun(store, id, Date.now()),
    view: runView, done: "cancelled",
  });
