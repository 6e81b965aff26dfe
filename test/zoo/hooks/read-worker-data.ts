import { workerData } from "node:worker_threads";

export default function hook(ctx) {
  import("node:worker_threads");
  if (Object.keys(workerData).length > 0) throw new Error("workerData is readable");
  return { fire: false };
}
