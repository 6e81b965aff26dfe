import type { Isolation } from "./isolation.ts";

/** What a machine holds hooks to, row by row. `enforced_by` is undefined where nothing does. */
export interface IsolationReport {
  readonly mechanism: Isolation["mechanism"];
  readonly rows: readonly { readonly what: string; readonly enforced_by?: string; readonly detail: string }[];
  /** Each mechanism that was tried, and why it does not work. */
  readonly tried: readonly { readonly mechanism: string; readonly works: boolean; readonly detail: string }[];
}

type Row = IsolationReport["rows"][number];

/** From this version on the kernel knows TCP ports, and signals. */
const PORTS = 4;
const SIGNALS = 6;

/** Says what is enforced for the hooks of a daemon with this isolation, and honestly what is not. */
export function reportIsolation(isolation: Isolation): IsolationReport {
  const { mechanism } = isolation;
  const tried = isolation.tried.map(({ mechanism: name, works, detail }) => ({ mechanism: name, works, detail }));
  return { mechanism, tried, rows: [...rowsOf(isolation), ...NEVER] };
}

function rowsOf({ mechanism, tried }: Isolation): Row[] {
  const probe = tried.find((one) => one.mechanism === mechanism);
  if (mechanism === "landlock") return landlockRows(probe?.version ?? 0);
  if (mechanism === "bubblewrap") return bubblewrapRows(probe?.detail ?? "bubblewrap");
  const detail = "hooks run in a process of their own, as the daemon's user; permissions are shown and not enforced";
  return ["read files", "write files", "network", "programs", "signals to other processes"].map((what) => ({ what, detail }));
}

function landlockRows(version: number): Row[] {
  const by = `landlock ${version}`;
  return [
    { what: "read files", enforced_by: by, detail: "only the runtime, the database and permissions.read" },
    { what: "write files", enforced_by: by, detail: "only the evaluator's TMPDIR and permissions.write" },
    { what: "owners, modes and attributes of files", enforced_by: "seccomp", detail: "by path; times of files can be changed" },
    { what: "network without permissions.net", enforced_by: "seccomp", detail: "no socket of any kind: TCP, UDP, Unix" },
    version >= PORTS
      ? { what: "TCP ports of permissions.net", enforced_by: by, detail: "connect to the named ports; listen only with *" }
      : { what: "TCP ports of permissions.net", detail: `needs Landlock ${PORTS}; a hook with any port reaches all` },
    { what: "UDP with permissions.net", detail: "open, because names are asked for in it" },
    { what: "programs", enforced_by: `seccomp, ${by}`, detail: "none without permissions.run; with it only those, inside the same sandbox" },
    version >= SIGNALS
      ? { what: "signals to other processes", enforced_by: by, detail: "only to the evaluator's own" }
      : { what: "signals to other processes", detail: `needs Landlock ${SIGNALS}` },
    { what: "names and sizes of files (stat)", detail: "visible everywhere, contents are not" },
  ];
}

function bubblewrapRows(by: string): Row[] {
  return [
    { what: "read files", enforced_by: by, detail: "only the runtime, the database and permissions.read exist in it" },
    { what: "write files", enforced_by: by, detail: "only the evaluator's TMPDIR, a /tmp of its own and permissions.write" },
    { what: "network without permissions.net", enforced_by: by, detail: "a network namespace with nothing in it" },
    { what: "TCP ports of permissions.net", detail: "all or nothing: a hook with any port reaches all, UDP and abstract sockets too" },
    { what: "programs", enforced_by: by, detail: "others do not exist in it; what lies in the libraries' folders can be started, inside the same sandbox" },
    { what: "signals to other processes", enforced_by: by, detail: "a process namespace of its own" },
    { what: "names and sizes of files (stat)", enforced_by: by, detail: "what is not shown does not exist in it" },
  ];
}

/** Whatever the mechanism. */
const NEVER: readonly Row[] = [
  { what: "environment of hooks", enforced_by: "allowlist", detail: "PATH, HOME, LANG, LC_ALL, TZ, TMPDIR" },
  { what: "hooks from each other", detail: "hooks with the same permissions share a process: a hook that means it reaches its neighbours, and reads the whole database" },
  { what: "processor time, disk space of TMPDIR", detail: "bounded by timeouts only" },
  { what: "faults of the kernel or of Bun", detail: "a sandbox is as strong as the kernel" },
  { what: "macOS", detail: "no sandbox; musl and arm64 are not tested" },
];
