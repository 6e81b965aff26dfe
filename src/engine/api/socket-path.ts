import { join } from "node:path";

/**
 * Where the daemon of a home listens. It is always in the home, whose folders are 0700, and never in a folder that others
 * share: a hook in a sandbox is shown neither it nor a way to reach it. The kernel takes 107 bytes (macOS 103) of a
 * socket's path; on Linux Bun goes around that by a descriptor of its folder (measured on 1.4.5, both ends). Where a path
 * is too long all the same, the daemon runs without its API and says so.
 */
export function socketPath(home: string): string {
  return join(home, "state", "nexus.sock");
}
