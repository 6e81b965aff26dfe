import { parentPort, workerData } from "node:worker_threads";
import { Collector } from "./collector.ts";
import type { ToReader } from "./protocol.ts";
import { Responder } from "./responder.ts";

/** The entry of the thread that reads: no query, however long it takes, delays a key. */
const { home } = workerData as { readonly home: string };
const responder = new Responder(home);
const collector = new Collector();

parentPort?.on("message", (message: ToReader) => {
  if ("close" in message) {
    responder[Symbol.dispose]();
    collector[Symbol.dispose]();
    parentPort?.close();
    return;
  }
  void responder.replies(message.queries).then((replies) => {
    parentPort?.postMessage({ id: message.id, replies });
    collector.worked();
  });
});
