import { fileURLToPath } from "node:url";

/**
 * The argv that starts this program again, for its hidden modes (`__inspect`, ...): a compiled binary is its own
 * program; from source the entry must be named to Bun.
 */
export function selfCommand(): readonly string[] {
  // The embedded file system of a compiled binary is `/$bunfs` (`B:\~BUN` on Windows).
  const compiled = import.meta.url.includes("$bunfs") || import.meta.url.includes("~BUN");
  return compiled ? [process.execPath] : [process.execPath, fileURLToPath(new URL("../../cli/main.ts", import.meta.url))];
}
