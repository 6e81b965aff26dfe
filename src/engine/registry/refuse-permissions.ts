import { dirname } from "node:path";
import { NexusError } from "../core/errors.ts";
import type { HookMetadata } from "../core/hook.ts";
import { touchesHome } from "../runtime/sandbox/touches-home.ts";

/** A hook sees of nexus's own folder what it is given, and no permission shows it more. */
export function refusePermissions({ permissions }: HookMetadata, database: string): void {
  const home = dirname(dirname(database));
  for (const kind of ["read", "write"] as const) {
    for (const path of permissions?.[kind] ?? []) {
      if (!touchesHome(path, home)) continue;
      throw new NexusError("METADATA_INVALID", `\`permissions.${kind}\` is ${JSON.stringify(path)}, which is, lies in, or holds nexus's own folder ${home}`, {
        hint: "name a folder beside it; a hook reads the database through ctx.dbPath without a permission",
      });
    }
  }
}
