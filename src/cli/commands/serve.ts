import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { loadConfig } from "../../engine/config.ts";
import { Daemon } from "../../engine/daemon.ts";
import { loadRedactor } from "../../engine/secrets.ts";
import type { Run } from "../call.ts";
import { flag } from "../call.ts";
import { serveLog, type ServeLog } from "../serve-log.ts";

export const run: Run = async (call) => {
  const config = loadConfig(call.home);
  const redactor = loadRedactor(call.home, config.secrets, process.env);
  const log = serveLog(call.json, redactor);
  // Listened to from the beginning: a start that takes up much can be stopped too.
  const stopped = stopSignal(log.line);
  const daemon = await Daemon.start({ home: call.home, config, redactor, onRecorded: log.recorded, onNotice: log.notice, onStray: log.stray });
  const { clean, recoveries } = daemon.startedAs;
  log.line("started", { home: call.home, pid: process.pid, durability: config.durability, ...(daemon.socket === undefined ? {} : { socket: daemon.socket }), ...(clean ? {} : { last_stop: "unclean", recoveries, database_check: daemon.health.checked }) });
  try {
    if (flag(call, "once")) await Promise.race([daemon.drain(), stopped, daemon.ended]);
    else await Promise.race([stopped, daemon.ended]);
    return EXIT.done;
  } catch (error) {
    throw asFatal(error);
  } finally {
    await daemon.stop();
    log.line("stopped", {});
  }
};

/** Resolves at SIGTERM, SIGINT or SIGHUP. What is under way then has a few seconds; a second signal ends the process at once. */
function stopSignal(line: ServeLog["line"]): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (stopping) process.exit(EXIT.interrupted);
      stopping = true;
      line("stopping", { signal });
      resolve();
    };
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    process.on("SIGHUP", stop);
  });
}

/** Whoever supervises the daemon is to start it anew, or to call someone: exit code 70, whatever the code's own is. */
function asFatal(error: unknown): NexusError {
  const known = error instanceof NexusError ? error : undefined;
  const message = known?.message ?? (error instanceof Error ? error.message : String(error));
  return new NexusError("DAEMON_FAILED", `the daemon cannot go on${known === undefined ? "" : ` (${known.code})`}: ${message}`, { hint: known?.details.hint ?? "nothing acknowledged is lost; start it again", cause: error });
}
