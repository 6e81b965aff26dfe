import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NexusError } from "../../engine/core/errors.ts";

/** Marks a home as the demo's own: its clock stands in another year, so it must not be mixed with real work. */
const MARKER = "nexus-demo";

export interface DemoHome {
  readonly path: string;
  /** An earlier run ended there before it was done; this one goes on. */
  readonly resumed: boolean;
}

/** The home named by the call, which must be empty or a demo's; else a folder of the demo's own, emptied first. */
export function openDemoHome(given: string | undefined): DemoHome {
  const path = given ?? join(tmpdir(), `nexus-demo-${process.getuid?.() ?? 0}`);
  const isDemo = existsSync(join(path, MARKER));
  if (existsSync(path) && !isDemo && readdirSync(path).length > 0) {
    throw new NexusError("HOOK_WRONG_STATE", `${path} holds something that is not a demo`, { hint: "name an empty folder with --home, or leave --home out" });
  }
  if (given === undefined) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  writeFileSync(join(path, MARKER), "");
  return { path, resumed: given !== undefined && isDemo };
}
