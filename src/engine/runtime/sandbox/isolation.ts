import { rm } from "node:fs/promises";
import { NexusError } from "../../core/errors.ts";
import { scratchRoot } from "../evaluator-process.ts";
import type { Mechanism, ProbeResult } from "./probe-mechanism.ts";
import { probeMechanism } from "./probe-mechanism.ts";

/** `isolation` of config.toml. */
export type IsolationSetting = "auto" | "sandbox" | "process";

/** `none`: a process of its own with a scrubbed environment, and nothing that the kernel holds it to. */
export interface Isolation {
  readonly mechanism: Mechanism | "none";
  /** What was tried, in order, and why each that failed did. */
  readonly tried: readonly ProbeResult[];
}

const PROCESS_ISOLATION: Isolation = { mechanism: "none", tried: [] };

/**
 * Landlock first: it keeps the process what it was (one pid, one group, killed and measured as before), limits ports and
 * programs, and with its filter leaves no socket of any kind; bubblewrap hides names but can limit neither (measured
 * start: docs/permissions.md). Below version 6 signals go through, and bubblewrap is the stronger one.
 */
const BEST_LANDLOCK = 6;

/** What evaluators are put into on this machine. Throws SANDBOX_UNAVAILABLE where `sandbox` is asked for and there is none. */
export async function chooseIsolation(setting: IsolationSetting, probe: (mechanism: Mechanism) => Promise<ProbeResult> = probeMechanism): Promise<Isolation> {
  if (setting === "process") return PROCESS_ISOLATION;
  const landlock = await probe("landlock");
  if (landlock.works && landlock.version >= BEST_LANDLOCK) return { mechanism: "landlock", tried: [landlock] };
  const bubblewrap = await probe("bubblewrap");
  const tried = [landlock, bubblewrap];
  if (bubblewrap.works) return { mechanism: "bubblewrap", tried };
  if (landlock.works) return { mechanism: "landlock", tried };
  if (setting === "auto") return { mechanism: "none", tried };
  const why = tried.map(({ mechanism, detail }) => `${mechanism}: ${detail}`).join("; ");
  throw new NexusError("SANDBOX_UNAVAILABLE", `isolation = "sandbox", and no sandbox works here: ${why}`, {
    hint: 'install bubblewrap, use a kernel with Landlock (5.13 or later), or set isolation = "auto" to run hooks without one',
  });
}

/** For the holder of the daemon's lock: chooses what evaluators are put into, and removes what those of a killed daemon left. */
export async function prepareIsolation(setting: Isolation | IsolationSetting, database: string): Promise<Isolation> {
  await rm(scratchRoot(database), { recursive: true, force: true });
  return typeof setting === "string" ? await chooseIsolation(setting) : setting;
}
