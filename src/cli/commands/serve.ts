import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { loadConfig } from "../../engine/config.ts";
import { Engine } from "../../engine/engine.ts";
import { loadRedactor } from "../../engine/secrets.ts";
import { checkHealth, markRunning, markStopped } from "../../engine/store/health.ts";
import { takeDaemonLock } from "../../engine/store/daemon-lock.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../../engine/store/open.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { serveLog } from "../serve-log.ts";

export const run: Run = async (call) => {
  const config = loadConfig(call.home);
  const redactor = loadRedactor(call.home, config.secrets, process.env);
  const store = openStore(call.home, { ...DEFAULT_STORE_OPTIONS, durability: config.durability, checkpoints: true, redactor });
  let lock: ReturnType<typeof takeDaemonLock> | undefined;
  let stopped = false;
  try {
    lock = takeDaemonLock(call.home, Date.now());
    const health = checkHealth(store, { limitBytes: config.health.check_max_mb * 1_048_576 });
    markRunning(store, Date.now());
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
    log.line("started", { home: call.home, pid: process.pid, durability: config.durability, ...(health.clean ? {} : { last_stop: "unclean", database_check: health.checked }) });
    await engine.start();
    if (flag(call, "once")) await Promise.race([engine.drain(), ended.promise]);
    const code = flag(call, "once") ? EXIT.done : await untilStopped(ended, log.line);
    stopped = true;
    return code;
  } finally {
    if (stopped) markStopped(store);
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
