import { Worker } from "node:worker_threads";
import { LineReader, LineWriter } from "./lines.ts";

/** `floor-child.ts SOCKET HOOKS`: the floor's child process. Hands each line to every Worker and each answer back. */
const [path, hooks] = process.argv.slice(2);
if (path === undefined || hooks === undefined) throw new Error("expected the path of a socket and a number of hooks");

const workers = Array.from({ length: Number(hooks) }, (_, hook) => new Worker(new URL("./floor-worker.ts", import.meta.url), { workerData: { hook } }));
const reader = new LineReader((line) => {
  for (const worker of workers) worker.postMessage(line);
});
const answers: string[] = [];
let writer: LineWriter | undefined;

await Bun.connect({
  unix: path,
  socket: {
    open: (socket) => {
      writer = new LineWriter(socket);
    },
    data: (_, bytes) => reader.feed(bytes),
    drain: () => writer?.drained(),
    close: () => process.exit(0),
  },
});

// What came back in one turn of the loop is one write.
for (const worker of workers) {
  worker.on("message", (answer: string) => {
    if (answers.push(answer) === 1) setImmediate(() => writer?.write(answers.splice(0).join("")));
  });
}
