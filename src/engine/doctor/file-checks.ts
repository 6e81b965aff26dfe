import { lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { leftovers } from "../backup/leftovers.ts";
import { backupFolder } from "../store/backup-names.ts";
import { ok, problem, warning, type Check, type Situation } from "./check.ts";
import { staleEvaluators } from "./stale-evaluators.ts";

const MOST_NAMED = 5;

export interface WrongMode {
  readonly path: string;
  readonly mode: number;
  /** What it should be. */
  readonly wanted: number;
}

export function fileChecks(situation: Situation): Check[] {
  const { home } = situation;
  const missing = missingFolders(home);
  const foreign = filesOf(home).filter(({ path }) => statSync(path, { throwIfNoEntry: false })?.uid !== process.getuid?.());
  const modes = wrongModes(home);
  const stale = staleFiles(situation);
  return [
    missing.length === 0 ? ok("folders", `${home} has its folders`) : problem("folders", `missing: ${named(missing)}`, "nexus doctor --repair", "folders"),
    foreign.length === 0 ? ok("owner", "all files belong to this user") : warning("owner", `of another user: ${named(foreign.map(({ path }) => path))}`, `run nexus as their owner, or chown them`),
    modes.length === 0
      ? ok("modes", "files are for this user only")
      : problem("modes", `open to others: ${named(modes.map(({ path, mode }) => `${path} (${mode.toString(8)})`))}`, "nexus doctor --repair", "modes"),
    stale.length === 0 ? ok("leftovers", "nothing was left behind by a killed process") : warning("leftovers", `left behind: ${named(stale)}`, "nexus doctor --repair", "leftovers"),
  ];
}

export function missingFolders(home: string): string[] {
  return [join(home, "state"), join(home, "state", "hooks")].filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true);
}

/** What others may read or write. A link's own mode means nothing. */
export function wrongModes(home: string): WrongMode[] {
  return filesOf(home).flatMap(({ path, isFolder }) => {
    const mode = statSync(path).mode & 0o777;
    const wanted = isFolder ? 0o700 : mode & 0o600;
    return (mode & 0o077) === 0 ? [] : [{ path, mode, wanted }];
  });
}

export function staleFiles({ home, temporary, now }: Situation): string[] {
  return [...leftovers(join(home, "state")), ...leftovers(backupFolder(home)), ...staleScripts(home), ...staleEvaluators(temporary, now)];
}

/** `.HASH.PID.tmp` and `HASH.mjs.PID.tmp`: copies that were being written. */
function staleScripts(home: string): string[] {
  const folder = join(home, "state", "hooks");
  return namesIn(folder)
    .filter((name) => {
      const pid = Number(/\.(\d+)\.tmp$/.exec(name)?.[1] ?? "0");
      return pid > 0 && !isAlive(pid);
    })
    .map((name) => join(folder, name));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && Reflect.get(error, "code") === "EPERM";
  }
}

/** SHA-256 of a file, or undefined when it cannot be read. */
export function hashOf(path: string): string | undefined {
  try {
    return new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
  } catch {
    return undefined;
  }
}

function filesOf(home: string): { path: string; isFolder: boolean }[] {
  const state = join(home, "state");
  const folders = [home, state, join(state, "hooks"), backupFolder(home)];
  const inside = [state, join(state, "hooks"), backupFolder(home)].flatMap((folder) => namesIn(folder).map((name) => join(folder, name)));
  return [...new Set([...folders, join(home, "config.toml"), ...inside])].flatMap((path) => {
    const found = lstatSync(path, { throwIfNoEntry: false });
    return found === undefined || found.isSymbolicLink() ? [] : [{ path, isFolder: found.isDirectory() }];
  });
}

export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

export function named(what: readonly string[]): string {
  return what.length <= MOST_NAMED ? what.join(", ") : `${what.slice(0, MOST_NAMED).join(", ")} and ${what.length - MOST_NAMED} more`;
}
