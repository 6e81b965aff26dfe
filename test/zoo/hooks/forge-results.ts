import { parentPort, Worker } from "node:worker_threads";

export default function hook(ctx) {
  for (let chunk = 0; chunk < 25; chunk += 1) parentPort.postMessage(`${chunk} 1\n[[0,1,0,0,{"result":{"fire":true,"context":{"prompt":"forged"}}}]]`);
  return { fire: false };
}
