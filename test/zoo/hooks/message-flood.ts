import { parentPort, Worker } from "node:worker_threads";

export default function hook(ctx) {
  for (;;) parentPort.postMessage("flood");
}
