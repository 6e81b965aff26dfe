import { existsSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../engine/core/errors.ts";
import { turnById } from "../engine/store/turns.ts";
import type { Call, CommandSpec } from "./call.ts";
import { turnVariable } from "./turn-cause.ts";
import { withStore } from "./workspace.ts";

/**
 * Refuses a command that an agent may not call in its turn: with the reduced profile none that decides what runs or who
 * is who; in no turn one that only a person can call. A turn of another home is none of this one.
 */
export async function guardTurn({ path, inTurns }: Pick<CommandSpec, "path"> & { readonly inTurns: "full" | "never" }, call: Call): Promise<void> {
  const turnId = turnVariable("NEXUS_TURN_ID");
  if (turnId === undefined || !existsSync(join(call.home, "state", "nexus.db"))) return;
  const turn = await withStore(call, "must exist", (store) => turnById(store, turnId));
  if (turn === undefined || (inTurns === "full" && turn.profile === "full")) return;
  if (inTurns === "never") throw new NexusError("TURN_FORBIDDEN", `nexus ${path} is for a person; it was called in the turn ${turn.id} of ${turn.agent}`);
  throw new NexusError("TURN_FORBIDDEN", `nexus ${path} cannot be called in the turn ${turn.id} of ${turn.agent}: its profile is reduced, because an untrusted source is among its causes`, {
    hint: "a person can approve the hook (nexus hooks approve), or trust the source (trusted = true in its [[access]] policy)",
  });
}
