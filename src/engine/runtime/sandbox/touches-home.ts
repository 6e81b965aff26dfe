import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, sep } from "node:path";

/** Whether a path is nexus's own folder, in it, or above it: of any of them a hook would see configuration and secrets. */
export function touchesHome(path: string, home: string): boolean {
  const [one, other] = [realPath(expandHome(path)), realPath(home)];
  return one === other || one.startsWith(other + sep) || other.startsWith(one === sep ? sep : one + sep);
}

export function expandHome(path: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : path;
}

/** With symbolic links resolved, as far as the path exists. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPath(parent), path.slice(parent.length));
  }
}
