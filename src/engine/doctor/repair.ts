import { chmodSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../core/errors.ts";
import { scriptFrom } from "../backup/script-from-backup.ts";
import { placeFile } from "../backup/place-file.ts";
import { takeDaemonLock } from "../store/daemon-lock.ts";
import { foldLog, rebuildFullText, registeredScripts, reindex } from "../store/invariants.ts";
import { addNotice } from "../store/notices.ts";
import { DEFAULT_STORE_OPTIONS, openStore, type Store } from "../store/open.ts";
import { enableIncrementalVacuum } from "../store/retention/database-size.ts";
import { openReadOnly } from "../store/read-only.ts";
import type { Check, Repair, Situation } from "./check.ts";
import { badScripts } from "./database-checks.ts";
import { missingFolders, staleFiles, wrongModes } from "./file-checks.ts";

export interface RepairOptions {
  readonly situation: Situation;
  readonly dryRun: boolean;
  readonly id: () => string;
  /** What the script at that path would be registered as today; throws when it cannot be. */
  readonly bundle: (sourcePath: string) => Promise<{ readonly text: string; readonly hash: string }>;
}

export interface Repaired {
  readonly repair: Repair;
  readonly done: boolean;
  /** What was done, would be done, or why it was not. */
  readonly detail: string;
}

type Attempt = { readonly done: boolean; readonly detail: string };

/** What must not happen beside a daemon: it would wait for these, or undo them. */
const NEEDS_LOCK: ReadonlySet<Repair> = new Set(["full text", "indexes", "log", "free pages"]);
/** Folders before what stands in them; the database's indexes before anything is read by them. */
const ORDER: readonly Repair[] = ["folders", "modes", "leftovers", "indexes", "full text", "scripts", "free pages", "log"];

/** Repairs what the checks say is repairable, one after the other; each that was done leaves a notice. */
export async function repairAll(checks: readonly Check[], options: RepairOptions): Promise<Repaired[]> {
  const wanted = new Set(checks.flatMap(({ status, repair }) => (status === "ok" || repair === undefined ? [] : [repair])));
  const results: Repaired[] = [];
  for (const repair of ORDER) if (wanted.has(repair)) results.push({ repair, ...(await attempt(repair, options)) });
  const done = results.filter((result) => result.done);
  if (!options.dryRun && done.length > 0) noteRepairs(done, options);
  return results;
}

async function attempt(repair: Repair, options: RepairOptions): Promise<Attempt> {
  const { situation, dryRun } = options;
  let lock: ReturnType<typeof takeDaemonLock> | undefined;
  try {
    if (NEEDS_LOCK.has(repair) && !dryRun) lock = takeDaemonLock(situation.home, situation.now);
    return await carryOut(repair, options);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { done: false, detail: `not done: ${error.message}` };
  } finally {
    lock?.release();
  }
}

function carryOut(repair: Repair, options: RepairOptions): Attempt | Promise<Attempt> {
  const { situation, dryRun } = options;
  const { home } = situation;
  switch (repair) {
    case "folders":
      return each(missingFolders(home), dryRun, "make", (path) => mkdirSync(path, { recursive: true, mode: 0o700 }));
    case "modes":
      return each(wrongModes(home).map(({ path }) => path), dryRun, "close to others", (path) => closeToOthers(home, path));
    case "leftovers":
      return each(staleFiles(situation), dryRun, "remove", (path) => rmSync(path, { recursive: true, force: true }));
    case "scripts":
      return restoreScripts(options);
    case "indexes":
      return inDatabase(options, "make every index anew", (store) => store.write(() => reindex(store.db)));
    case "full text":
      return inDatabase(options, "make the full text index anew", (store) => store.write(() => rebuildFullText(store.db)));
    case "free pages":
      return inDatabase(options, "rewrite the database so that it can give free pages back", (store) => enableIncrementalVacuum(store));
    case "log":
      return inDatabase(options, "fold the log back", (store) => {
        if (!foldLog(store.db)) throw new NexusError("DATABASE_BUSY", "a reader holds the log; try again when it is done");
      });
  }
}

function closeToOthers(home: string, path: string): void {
  for (const wrong of wrongModes(home)) if (wrong.path === path) chmodSync(path, wrong.wanted);
}

function each(paths: readonly string[], dryRun: boolean, verb: string, act: (path: string) => void): Attempt {
  if (!dryRun) for (const path of paths) act(path);
  return { done: !dryRun && paths.length > 0, detail: `${verb}: ${paths.join(", ")}` };
}

function inDatabase({ situation, dryRun }: RepairOptions, what: string, act: (store: Store) => void): Attempt {
  if (dryRun) return { done: false, detail: what };
  const store = openStore(situation.home, { ...DEFAULT_STORE_OPTIONS, busyTimeoutMs: 1_000 });
  try {
    act(store);
  } finally {
    store.close();
  }
  return { done: true, detail: what };
}

/** A copy comes back from the newest backup that has it, or from the author's file while it still makes the same bundle. */
async function restoreScripts({ situation, dryRun, bundle }: RepairOptions): Promise<Attempt> {
  const { home } = situation;
  const folder = join(home, "state", "hooks");
  const open = openReadOnly(join(home, "state", "nexus.db"));
  let bad: ReturnType<typeof badScripts>;
  try {
    bad = badScripts(registeredScripts(open.db), folder);
  } finally {
    open.close();
  }
  const said: string[] = [];
  let done = 0;
  for (const { hash, slug, source_path } of bad) {
    const found = scriptFrom(home, hash);
    const content = found?.content ?? (await remade(source_path, hash, bundle));
    if (content === undefined) {
      said.push(`${slug} (${hash.slice(0, 12)}): no backup has it and ${source_path} no longer makes it: register it again`);
      continue;
    }
    if (!dryRun) placeFile(join(folder, `${hash}.mjs`), content, 0o400);
    done += 1;
    said.push(`${slug} (${hash.slice(0, 12)}) from ${found?.backup ?? source_path}`);
  }
  return { done: !dryRun && done > 0, detail: said.join("; ") };
}

async function remade(sourcePath: string, hash: string, bundle: RepairOptions["bundle"]): Promise<Uint8Array | undefined> {
  try {
    const made = await bundle(sourcePath);
    return made.hash === hash ? new TextEncoder().encode(made.text) : undefined;
  } catch {
    // The file is gone or wrong now: then it is no source of the copy.
    return undefined;
  }
}

function noteRepairs(done: readonly Repaired[], { situation, id }: RepairOptions): void {
  let store: Store;
  try {
    store = openStore(situation.home);
  } catch (error) {
    // What was repaired stays repaired; a database that is beyond repair takes no notice of it.
    if (error instanceof NexusError) return;
    throw error;
  }
  try {
    store.write(() => {
      for (const { repair, detail } of done) addNotice(store, { id: id(), at: situation.now, kind: "doctor_repaired", data: { repair, detail } });
    });
  } finally {
    store.close();
  }
}
