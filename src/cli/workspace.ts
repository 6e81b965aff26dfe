import { existsSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../engine/core/errors.ts";
import type { Redactor } from "../engine/core/redactor.ts";
import type { Store } from "../engine/store/open.ts";
import { DEFAULT_STORE_OPTIONS, openStore } from "../engine/store/open.ts";
import { scratchStore } from "../engine/store/scratch.ts";
import type { Call } from "./call.ts";
import { flag } from "./call.ts";

/**
 * The home's store for one command; closed when the command ends. `must exist` for commands that only read, `change` for
 * those that write to what is there, `create` for those that begin: neither looking nor a dry run makes a home that is not there.
 * Who writes leaves out the secrets of its environment and of the settings, as the daemon does.
 */
export async function withStore<T>(call: Call, mode: "must exist" | "change" | "create", body: (store: Store) => Promise<T> | T): Promise<T> {
  if (mode !== "create") requireHome(call.home);
  const redactor = mode === "must exist" ? undefined : await redactorOf(call.home);
  const options = { ...DEFAULT_STORE_OPTIONS, ...(redactor === undefined ? {} : { redactor }) };
  const store = flag(call, "dryRun") && !isHome(call.home) ? scratchStore(call.home, options) : openStore(call.home, options);
  try {
    return await body(store);
  } finally {
    store.close();
  }
}

/** Throws FILE_NOT_FOUND where there is no home. */
export function requireHome(home: string): void {
  if (isHome(home)) return;
  throw new NexusError("FILE_NOT_FOUND", `${home} is no nexus home yet`, {
    hint: "register a hook, or run `nexus init`; another home is named with --home or NEXUS_HOME",
    next: ["nexus init", "nexus demo"],
  });
}

function isHome(home: string): boolean {
  return existsSync(join(home, "state", "nexus.db"));
}

/** Loaded when it is needed: commands that only read start without the settings. */
async function redactorOf(home: string): Promise<Redactor> {
  const [{ loadConfig }, { loadRedactor }] = await Promise.all([import("../engine/config.ts"), import("../engine/secrets.ts")]);
  return loadRedactor(home, loadConfig(home).secrets, process.env);
}

/** Who calls, as its harness says (spec section 5). An empty value is no value. */
export function callerFromEnv(env: Readonly<Record<string, string | undefined>>): { agent?: string; session?: string; thread?: string; persona?: string } {
  const names = { agent: "NEXUS_AGENT_ID", session: "NEXUS_SESSION_ID", thread: "NEXUS_THREAD_ID", persona: "NEXUS_PERSONA" } as const;
  const entries = Object.entries(names).map(([key, name]) => [key, env[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ""));
}
