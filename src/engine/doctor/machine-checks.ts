import { Database } from "bun:sqlite";
import { existsSync, statfsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../config.ts";
import { loadConfig } from "../config.ts";
import { ok, problem, warning, type Check, type Situation } from "./check.ts";

/** Before it two connections that write and fold the log at once may lose data (the WAL-reset bug). */
const SOUND_SQLITE = "3.51.3";
const LEAST_FREE_BYTES = 512 * 1_048_576;
/** They make Bun, or the dynamic linker, run code before nexus does: nexus itself cannot refuse them. */
const LOADING_VARIABLES = ["BUN_OPTIONS", "BUN_BE_BUN", "BUN_INSPECT", "BUN_INSPECT_PRELOAD", "NODE_OPTIONS", "LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"] as const;

export function machineChecks(situation: Situation): Check[] {
  return [runtimeCheck(), sqliteCheck(sqliteVersion()), environmentCheck(situation.env), ...isolationChecks(situation), ...diskChecks(situation.home)];
}

export function configChecks(home: string): Check[] {
  let config: Config;
  try {
    config = loadConfig(home);
  } catch (error) {
    return [problem("config", error instanceof Error ? error.message : String(error), `edit ${join(home, "config.toml")}`)];
  }
  const found = existsSync(join(home, "config.toml")) ? "config.toml is valid" : "no config.toml: all defaults";
  const durability =
    config.durability === "full"
      ? ok("durability", "full: an acknowledged write survives power loss")
      : warning("durability", "normal: an acknowledged write survives a crash of the process; power loss may undo the newest", 'set durability = "full" in config.toml');
  return [ok("config", found), durability];
}

function runtimeCheck(): Check {
  const good = Bun.semver.satisfies(Bun.version, ">=1.4.5");
  return good ? ok("bun", `Bun ${Bun.version}`) : warning("bun", `Bun ${Bun.version}; nexus is tested with 1.4.5 and later`, "use the built binary, which brings its own");
}

/** Exported for its boundary. */
export function sqliteCheck(version: string): Check {
  if (Bun.semver.order(version, SOUND_SQLITE) >= 0) return ok("sqlite", `SQLite ${version}`);
  return warning("sqlite", `SQLite ${version} has the WAL-reset bug: two processes writing at once may lose data (fixed in ${SOUND_SQLITE})`, "use a Bun with a newer SQLite");
}

function sqliteVersion(): string {
  const db = new Database(":memory:");
  try {
    return db.query<{ version: string }, []>("SELECT sqlite_version() AS version").get()?.version ?? "0.0.0";
  } finally {
    db.close(false);
  }
}

/** Names only: the values may be anything. */
function environmentCheck(env: Situation["env"]): Check {
  const set = LOADING_VARIABLES.filter((name) => (env[name] ?? "") !== "");
  if (set.length === 0) return ok("environment", "no variable that loads code into nexus is set");
  return warning("environment", `${set.join(", ")} ${set.length === 1 ? "is" : "are"} set: code of that may run inside nexus before it starts (not inside hooks: they get none of it)`, `unset ${set.join(" ")}`);
}

/** Row by row what the kernel holds hooks to, and, as plainly, what nothing does. */
function isolationChecks({ isolation }: Situation): Check[] {
  if ("refused" in isolation) return [problem("isolation", isolation.refused, 'make a sandbox work, or set isolation = "auto" in config.toml')];
  const { mechanism, rows, tried } = isolation;
  const failed = tried.filter(({ works }) => !works).map((one) => `${one.mechanism} does not work: ${one.detail}`);
  const first =
    mechanism === "none"
      ? warning("isolation", ["hooks run without a sandbox, as the user of the daemon", ...failed].join("; "), "register only hooks that you would run as yourself")
      : ok("isolation", `hooks run in a sandbox: ${mechanism}`);
  return [first, ...rows.map(({ what, enforced_by, detail }) => ok("isolation", enforced_by === undefined ? `not enforced: ${what} (${detail})` : `${what}: ${enforced_by}, ${detail}`))];
}

function diskChecks(home: string): Check[] {
  if (!existsSync(home)) return [];
  const { bavail, bsize } = statfsSync(home);
  const free = bavail * bsize;
  const detail = `${Math.round(free / 1_048_576)} MB free for ${home}${existsSync(join(home, "state", "ballast")) ? ", and a ballast file to give back when it is full" : ""}`;
  return [free < LEAST_FREE_BYTES ? problem("disk", detail, "free disk space") : ok("disk", detail)];
}
