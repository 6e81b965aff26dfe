import { readFileSync } from "node:fs";

/** A file that every user may read and no policy names. */
const DOOR = "/etc/passwd";

/** `nexus __sandbox_probe`, inside a sandbox: says whether a door that should be shut is. */
export function reportDoor(): void {
  try {
    readFileSync(DOOR);
    console.log(`${DOOR} could be read inside it`);
  } catch {
    console.log("shut");
  }
}
