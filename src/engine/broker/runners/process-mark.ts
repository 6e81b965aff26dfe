import { readFileSync } from "node:fs";
import { statFields } from "../../runtime/vitals.ts";
import { endBearers } from "../../runtime/kin.ts";
import { TURN_MARK } from "./agent-environment.ts";
import type { ProcessMark } from "../../core/turn.ts";

/** Fields of /proc/PID/stat behind the name: 5 is the process group, 22 the start in ticks since boot. */
const GROUP = 2;
const STARTED = 19;

/** Names the process `pid` so that it is known again by another daemon; undefined where it is gone or there is no /proc. */
export function markOf(pid: number): ProcessMark | undefined {
  const fields = statFields(`/proc/${pid}/stat`);
  const started = startOf(fields);
  return fields === undefined || started === "" ? undefined : { pid, pgid: Number(fields[GROUP]), started };
}

/** Whether that very process lives: not one that was given its pid later, nor one of another boot. */
export function isAlive(mark: ProcessMark): boolean {
  const fields = statFields(`/proc/${mark.pid}/stat`);
  return mark.started !== "" && fields?.[0] !== "Z" && startOf(fields) === mark.started;
}

/**
 * At a start of the daemon: ends what a turn left when the daemon before was killed. Its process group is ended as a
 * whole if the process that leads it is still that very one; with `turn_id` also whatever bears that turn's mark in its
 * environment, wherever it went. True: something was ended. By doubt nothing is.
 */
export async function endMarked(mark: ProcessMark, turn_id?: string): Promise<boolean> {
  let ended = false;
  if (isAlive(mark) && mark.pgid === mark.pid && mark.pgid > 1) {
    try {
      ended = process.kill(-mark.pgid, "SIGKILL");
    } catch {
      // It ended by itself meanwhile.
    }
  }
  return turn_id === undefined ? ended : (await endBearers(`${TURN_MARK}=${turn_id}`)) > 0 || ended;
}

/** Ticks are counted from a boot, which is therefore part of it. */
function startOf(fields: readonly string[] | undefined): string {
  const ticks = fields?.[STARTED];
  return ticks === undefined ? "" : `${bootId()}/${ticks}`;
}

let boot: string | undefined;

function bootId(): string {
  if (boot !== undefined) return boot;
  try {
    boot = readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim();
  } catch {
    boot = "";
  }
  return boot;
}
