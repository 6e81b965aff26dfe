import { parentPort, Worker } from "node:worker_threads";

export default function hook(ctx) {
  for (let n = 0; n < 50; n += 1) new Worker("setInterval(() => {}, 1_000)", { eval: true });
  return new Promise((resolve) => setTimeout(resolve, 60_000));
}
