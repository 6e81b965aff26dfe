import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { loadConfig } from "../../engine/config.ts";
import { Engine } from "../../engine/engine.ts";
import { takeDaemonLock } from "../../engine/store/daemon-lock.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../engine/store/open.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { serveLog } from "../serve-log.ts";

export const run: Run = async (call) => {
  const config = loadConfig(call.home);
  const store = openStore(call.home, { ...DEFAULT_STORE_OPTIONS, durability: config.durability, checkpoints: true });
  let lock: ReturnType<typeof takeDaemonLock> | undefined;
  try {
    lock = takeDaemonLock(call.home, Date.now());
    const log = serveLog(store, call.json);
    const ended = Promise.withResolvers<number>();
    await using engine = new Engine({
      store,
      config,
      onRecorded: log.recorded,
      onNotice: log.notice,
      onStray: log.stray,
      onFatal: (error) => ended.reject(error),
    });
    await engine.start();
    log.line("started", { home: call.home, pid: process.pid, durability: config.durability });
    if (flag(call, "once")) {
      await Promise.race([engine.drain(), ended.promise]);
      return EXIT.done;
    }
    return await untilStopped(ended, log.line);
  } finally {
    lock?.release();
    store.close();
  }
};

/** SIGTERM and SIGINT end it in order; what is under way is evaluated after the next start. A second one ends it at once. */
async function untilStopped(ended: PromiseWithResolvers<number>, line: (event: string, data: Record<string, unknown>) => void): Promise<number> {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(EXIT.interrupted);
    stopping = true;
    line("stopping", { signal });
    ended.resolve(EXIT.done);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  process.on("SIGHUP", stop);
  try {
    return await ended.promise;
  } catch (error) {
    throw error instanceof NexusError ? error : new NexusError("BUG", `the engine cannot go on: ${error instanceof Error ? error.message : String(error)}`, { hint: "nothing acknowledged is lost; start it again", cause: error });
  }
}
