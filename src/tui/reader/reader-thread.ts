import { Worker } from "node:worker_threads";
import { NexusError } from "../../engine/core/errors.ts";
import type { FromReader, Reply, ToReader } from "./protocol.ts";
import type { Query } from "./readers.ts";

/** Who answers queries. */
export interface Reader {
  /** In the order of the queries. */
  readonly ask: (queries: readonly Query[]) => Promise<readonly Reply[]>;
  readonly close: () => Promise<void>;
}

/** Reads on a thread of its own. */
export function startReaderThread(home: string): Reader {
  const worker = new Worker(new URL("./reader-worker.ts", import.meta.url), { workerData: { home } });
  const waiting = new Map<number, PromiseWithResolvers<readonly Reply[]>>();
  let last = 0;
  const fail = (why: unknown): void => {
    for (const { reject } of waiting.values()) reject(new NexusError("BUG", `the thread that reads has ended: ${String(why)}`));
    waiting.clear();
  };
  worker.on("message", ({ id, replies }: FromReader) => {
    waiting.get(id)?.resolve(replies);
    waiting.delete(id);
  });
  worker.on("error", fail);
  worker.on("exit", fail);
  const send = (message: ToReader): void => worker.postMessage(message);
  return {
    ask: (queries) => {
      const answer = Promise.withResolvers<readonly Reply[]>();
      last += 1;
      waiting.set(last, answer);
      send({ id: last, queries });
      return answer.promise;
    },
    close: async () => {
      send({ close: true });
      await worker.terminate();
    },
  };
}
