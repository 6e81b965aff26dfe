import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import type { HookPermissions } from "../../core/hook-permissions.ts";
import { selfCommand } from "../self-command.ts";
import { expandHome, realPath, touchesHome } from "./touches-home.ts";

/** What one evaluator may reach, as paths of this machine. Folders stand for all that is in them. */
export interface SandboxPolicy {
  readonly read: readonly string[];
  /** May be read, too. */
  readonly write: readonly string[];
  /** May be executed, and read for it. */
  readonly run: readonly string[];
  /** Whether any program but the evaluator itself was asked for. */
  readonly runs: boolean;
  /** TCP ports it may connect to; `none` closes every kind of socket. */
  readonly net: "none" | "all" | readonly number[];
}

export interface SandboxPlace {
  /** The folder of the database, of which only the database and the hooks are shown; undefined: neither. */
  readonly state?: string;
  /** The evaluator's own folder, its TMPDIR. */
  readonly scratch?: string;
}

/** The loader and its libraries, zones and certificates; what does not exist on a system is left out. */
const SYSTEM_READ = [
  "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/nix/store", "/etc/ld.so.cache", "/etc/ld-musl-x86_64.path", "/etc/ld-musl-aarch64.path",
  "/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone",
  "/etc/ssl", "/etc/pki", "/etc/ca-certificates", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
  // What Bun asks about the machine (strace): processors, memory, its control group.
  "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/version", "/proc/uptime", "/proc/sys/vm/overcommit_memory", "/proc/sys/vm/mmap_min_addr",
  "/sys/devices/system/cpu", "/sys/fs/cgroup", "/sys/kernel/mm/transparent_hugepage",
  "/dev/null", "/dev/zero", "/dev/random", "/dev/urandom",
] as const;
const SYSTEM_WRITE = ["/dev/null", "/dev/zero"] as const;
const NAMES_READ = ["/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/services", "/etc/protocols"] as const;
const LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-musl-x86_64.so.1", "/lib/ld-musl-aarch64.so.1"] as const;
/** SQLite's own three files; beside them lie the lock, the owner, the configuration. */
const DATABASE_FILES = ["nexus.db", "nexus.db-wal", "nexus.db-shm", "hooks"] as const;

/** What a hook with these permissions gets. A declared path that is nexus's own, or holds it, is left out. */
export function policyOf(permissions: HookPermissions | undefined, { state, scratch }: SandboxPlace): SandboxPolicy {
  const [program = process.execPath, ...entry] = selfCommand();
  const sources = entry.map((path) => dirname(dirname(dirname(path))));
  const declared = (paths: readonly string[] = []): string[] => paths.map(expandHome).filter((path) => state === undefined || !touchesHome(path, dirname(state)));
  const programs = (permissions?.run ?? []).flatMap(programAndInterpreter);
  const net = netOf(permissions?.net ?? []);
  const own = state === undefined ? [] : DATABASE_FILES.map((name) => join(state, name));
  return {
    read: existing([...SYSTEM_READ, ...(net === "none" ? [] : NAMES_READ), ...sourceFolders(sources), ...own, ...declared(permissions?.read)]),
    write: existing([...SYSTEM_WRITE, ...(scratch === undefined ? [] : [scratch]), ...declared(permissions?.write)]),
    run: existing([program, ...LOADERS, ...programs]),
    runs: programs.length > 0,
    net,
  };
}

/** Whether the policy lets a path be read, or written. */
export function allows(policy: SandboxPolicy, path: string, kind: "read" | "write" | "run"): boolean {
  const roots = kind === "run" ? policy.run : kind === "write" ? policy.write : [...policy.read, ...policy.write, ...policy.run];
  const wanted = realPath(path);
  return roots.some((root) => wanted === realPath(root) || wanted.startsWith(realPath(root) + sep));
}

/** From source the program is its files; a compiled one carries them. */
function sourceFolders(roots: readonly string[]): string[] {
  return roots.flatMap((root) => ["src", "test", "node_modules", "package.json", "tsconfig.json"].map((name) => join(root, name)));
}

/** A script is run by the program that its first line names. */
function programAndInterpreter(path: string): string[] {
  if (!existsSync(path)) return [];
  const interpreter = /^#!\s*(\/\S+)/.exec(firstBytes(path))?.[1];
  return interpreter === undefined ? [path] : [path, interpreter];
}

function firstBytes(path: string): string {
  const bytes = new Uint8Array(256);
  try {
    const file = openSync(path, "r");
    try {
      return Buffer.from(bytes.subarray(0, readSync(file, bytes))).toString("latin1");
    } finally {
      closeSync(file);
    }
  } catch {
    // It may be executed and not read.
    return "";
  }
}

function netOf(declared: readonly string[]): SandboxPolicy["net"] {
  if (declared.length === 0) return "none";
  return declared.includes("*") ? "all" : declared.map((port) => Number(port.slice(1)));
}

function existing(paths: readonly string[]): string[] {
  return [...new Set(paths)].filter((path) => existsSync(path));
}
