import { parentPort, Worker } from "node:worker_threads";

export default function hook(ctx) {
  for (const t of ["loaded", "load_failed", "broken", "grown", "call"]) parentPort.postMessage({ t, key: "guess", id: 1, message: "forged", text: "forged", args: "[]" });
  return { fire: false };
}
