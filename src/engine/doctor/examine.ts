import { existsSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { socketPath } from "../api/socket-path.ts";
import { askDaemon } from "../store/daemon-lock.ts";
import { ok, problem, warning, type Check, type Situation } from "./check.ts";
import { databaseChecks } from "./database-checks.ts";
import { fileChecks, isAlive } from "./file-checks.ts";
import { configChecks, machineChecks } from "./machine-checks.ts";

/** What every system takes as a socket's path. */
const SHORT_PATH_BYTES = 103;

/** Looks at everything and changes nothing: no home is made, no file is written, whoever owns it and whatever its state. */
export function examine(situation: Situation): Check[] {
  const { home } = situation;
  const machine = machineChecks(situation);
  if (!existsSync(join(home, "state"))) return [...machine, warning("home", `${home} is no nexus home yet`, "nexus init")];
  return [...machine, ...configChecks(home), ...fileChecks(situation), daemonCheck(home), ...socketChecks(home), restoreCheck(home), ...databaseChecks(situation)];
}

function daemonCheck(home: string): Check {
  const { locked, owner } = askDaemon(home);
  if (!locked) return ok("daemon", "no daemon owns this home");
  if (owner === undefined) return warning("daemon", "a process holds the daemon's lock, and daemon.json does not say which", "nexus serve writes it anew at its next start");
  const since = new Date(owner.started_at).toISOString();
  return isAlive(owner.pid) ? ok("daemon", `pid ${owner.pid} since ${since}`) : warning("daemon", `the lock is held, but daemon.json names pid ${owner.pid}, which is gone`, "see who has state/nexus.lock open");
}

/** What a killed daemon left is replaced by the next one; only a daemon without a socket is worth a word. */
function socketChecks(home: string): Check[] {
  if (!askDaemon(home).locked) return [];
  const path = socketPath(home);
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) return [ok("socket", `the daemon listens on ${path}`)];
  const fix = Buffer.byteLength(path) > SHORT_PATH_BYTES ? "the path may be too long for this system: use a shorter home, or a symbolic link to it, and start the daemon again" : "the daemon's log has the reason (api_unavailable); mend it and start the daemon again";
  return [warning("socket", `the daemon does not listen on ${path}: commands that would ask it work alone`, fix)];
}

function restoreCheck(home: string): Check {
  if (!existsSync(join(home, "state", "restore.json"))) return ok("restore", "no restore was cut off");
  return problem("restore", "a restore was cut off after it was decided", "any command that opens the home finishes it: nexus status");
}
