import type { SandboxPolicy } from "./policy.ts";

/** Where the system's own is; nothing of a PATH that a caller may have set is trusted with building the cage. */
export const BUBBLEWRAP = "/usr/bin/bwrap";

/** The command that runs `argv` in namespaces of its own, where only what the policy names exists. */
export function bubblewrapCommand(policy: SandboxPolicy, argv: readonly string[], env: Readonly<Record<string, string>>, cwd: string): string[] {
  const named = [...policy.read, ...policy.run].filter((path) => !/^\/(?:dev|proc)\//.test(path));
  // What a folder shows already need not be mounted again, and cannot be where it is a link (the loader).
  const readable = named.filter((path) => !named.some((folder) => path.startsWith(`${folder}/`)));
  const writable = policy.write.filter((path) => !path.startsWith("/dev/"));
  return [
    BUBBLEWRAP,
    "--unshare-all",
    ...(policy.net === "none" ? [] : ["--share-net"]),
    "--die-with-parent",
    "--new-session",
    "--cap-drop", "ALL",
    "--clearenv",
    ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value]),
    "--proc", "/proc",
    "--dev", "/dev",
    "--tmpfs", "/tmp",
    // What lies in a folder comes after the folder, or it would be covered by it.
    ...bySize(readable.map((path) => ["--ro-bind-try", path] as const), writable.map((path) => ["--bind-try", path] as const)),
    "--chdir", cwd,
    "--",
    ...argv,
  ];
}

function bySize(...lists: readonly (readonly (readonly [option: string, path: string])[])[]): string[] {
  const binds = lists.flat().sort(([, one], [, other]) => one.length - other.length);
  return binds.flatMap(([option, path]) => [option, path, path]);
}
