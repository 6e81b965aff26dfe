import { existsSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../engine/core/errors.ts";
import type { Store } from "../engine/store/open.ts";
import { openStore } from "../engine/store/open.ts";
import type { Call } from "./call.ts";

/**
 * The home's store for one command; closed when the command ends. `must exist` for commands that only read: looking
 * at a home that is not there does not make one.
 */
export async function withStore<T>(call: Call, mode: "must exist" | "create", body: (store: Store) => Promise<T> | T): Promise<T> {
  if (mode === "must exist" && !existsSync(join(call.home, "state", "nexus.db"))) {
    throw new NexusError("FILE_NOT_FOUND", `${call.home} is no nexus home yet`, {
      hint: "register a hook, or run `nexus init`; another home is named with --home or NEXUS_HOME",
      next: ["nexus init", "nexus demo"],
    });
  }
  const store = openStore(call.home);
  try {
    return await body(store);
  } finally {
    store.close();
  }
}

/** Who calls, as its harness says (spec section 5). An empty value is no value. */
export function callerFromEnv(env: Readonly<Record<string, string | undefined>>): { agent?: string; session?: string; thread?: string; persona?: string } {
  const names = { agent: "NEXUS_AGENT_ID", session: "NEXUS_SESSION_ID", thread: "NEXUS_THREAD_ID", persona: "NEXUS_PERSONA" } as const;
  const entries = Object.entries(names).map(([key, name]) => [key, env[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ""));
}
