import { parentPort, workerData } from "node:worker_threads";

/** One hook of the floor: the same trivial function that nexus is given, called for each event of a batch. */
const { hook } = workerData as { readonly hook: number };

const handler = async (_context: object): Promise<{ fire: boolean }> => ({ fire: false });

parentPort?.on("message", (line: string) => {
  void run(line);
});

async function run(line: string): Promise<void> {
  const { b, e } = JSON.parse(line) as { readonly b: number; readonly e: readonly object[] };
  const r: (readonly [fired: number, startedAt: number, us: number])[] = [];
  for (const event of e) {
    const startedAt = Date.now();
    const start = performance.now();
    const { fire } = await handler({ event });
    r.push([fire ? 1 : 0, startedAt, Math.round((performance.now() - start) * 1_000)]);
  }
  parentPort?.postMessage(`{"b":${b},"h":${hook},"r":${JSON.stringify(r)}}\n`);
}
