import { statSync } from "node:fs";
import type { Kernel } from "./kernel.ts";
import { KernelRefused } from "./kernel.ts";
import type { SandboxPolicy } from "./policy.ts";

/** System calls with the same number on every architecture (added after the tables were unified). */
const CREATE_RULESET = 444;
const ADD_RULE = 445;
const RESTRICT_SELF = 446;
const OPEN_PATH = 0o10000000 | 0o2000000;

const FS = { execute: 1n, writeFile: 2n, readFile: 4n, readDir: 8n, truncate: 1n << 14n, ioctlDev: 1n << 15n } as const;
/** Rights that exist from this version on, as one number of bits: 13, then refer, truncate, ioctl of devices. */
const FS_BITS = [0n, 13n, 14n, 15n, 15n, 16n] as const;
const FILE_RIGHTS = FS.execute | FS.writeFile | FS.readFile | FS.truncate | FS.ioctlDev;
const NET = { bind: 1n, connect: 2n } as const;
/** Abstract Unix sockets and signals of processes outside. */
const SCOPES = 3n;

/** The version of Landlock that the kernel has; 0 for none. */
export function landlockVersion(kernel: Kernel): number {
  return Math.max(0, kernel.ask(CREATE_RULESET, 0, 0, 1));
}

/**
 * Restricts this thread, and all that comes of it, to the policy. For good: nothing can widen it again.
 * `openat` and `close` are the numbers of this architecture.
 */
export function enterLandlock(kernel: Kernel, policy: SandboxPolicy, numbers: { readonly openat: number; readonly close: number }): void {
  const version = landlockVersion(kernel);
  if (version === 0) throw new KernelRefused("the kernel has no Landlock");
  const handledFs = (1n << (FS_BITS[Math.min(version, 5)] ?? 16n)) - 1n;
  const handledNet = version >= 4 && policy.net !== "all" ? NET.bind | NET.connect : 0n;
  const attributes = new BigUint64Array([handledFs, handledNet, version >= 6 ? SCOPES : 0n]);
  const size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const ruleset = kernel.call("landlock_create_ruleset", CREATE_RULESET, attributes, size, 0);
  const allow = (path: string, rights: bigint): void => {
    const folder = kernel.ask(numbers.openat, -100, Buffer.from(`${path}\0`), OPEN_PATH, 0);
    // It was there when the policy was made; one that is gone needs no right.
    if (folder < 0) return;
    const rule = new DataView(new ArrayBuffer(12));
    rule.setBigUint64(0, (statSync(path).isDirectory() ? rights : rights & FILE_RIGHTS) & handledFs, true);
    rule.setInt32(8, folder, true);
    kernel.call(`landlock_add_rule for ${path}`, ADD_RULE, ruleset, 1, new Uint8Array(rule.buffer), 0);
    kernel.ask(numbers.close, folder);
  };
  const read = FS.readFile | FS.readDir;
  // By its number and not as `self`: the rule sticks to the folder that the name means now, which execve keeps.
  for (const path of [...policy.read, `/proc/${process.pid}`]) allow(path, read);
  for (const path of policy.run) allow(path, FS.readFile | FS.execute);
  for (const path of policy.write) allow(path, handledFs & ~FS.execute);
  if (policy.net !== "all" && policy.net !== "none" && version >= 4) {
    for (const port of policy.net) kernel.call(`landlock_add_rule for port ${port}`, ADD_RULE, ruleset, 2, new BigUint64Array([NET.connect, BigInt(port)]), 0);
  }
  kernel.call("landlock_restrict_self", RESTRICT_SELF, ruleset, 0);
  kernel.ask(numbers.close, ruleset);
}
