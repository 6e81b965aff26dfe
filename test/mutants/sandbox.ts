import type { Mutant } from "./mutant.ts";

const BOUNDARY = "test/engine/runtime/sandbox/boundary.test.ts";
const LANES = "test/engine/runtime/sandbox/lane-set.test.ts";
const ISOLATION = "test/engine/runtime/sandbox/isolation.test.ts";
const LANDLOCK = "src/engine/runtime/sandbox/landlock.ts";

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "landlock-reads", file: LANDLOCK, find: "const handledFs = (1n << (FS_BITS[Math.min(version, 5)] ?? 16n)) - 1n;", replace: "const handledFs = ((1n << (FS_BITS[Math.min(version, 5)] ?? 16n)) - 1n) & ~FS.readFile;", tests: [ISOLATION], filter: "where the kernel has Landlock" },
  { name: "landlock-writes", file: LANDLOCK, find: "const handledFs = (1n << (FS_BITS[Math.min(version, 5)] ?? 16n)) - 1n;", replace: "const handledFs = FS.readFile | FS.readDir | FS.execute;", tests: [BOUNDARY], filter: "writes nowhere but" },
  { name: "landlock-signals", file: LANDLOCK, find: "version >= 6 ? SCOPES : 0n", replace: "0n", tests: [BOUNDARY], filter: "cannot be signalled" },
  { name: "landlock-ports", file: LANDLOCK, find: 'version >= 4 && policy.net !== "all" ? NET.bind', replace: 'version >= 400 && policy.net !== "all" ? NET.bind', tests: [BOUNDARY], filter: "reaches no network" },
  { name: "seccomp-sockets", file: "src/engine/runtime/sandbox/seccomp.ts", find: 'policy.net === "none" ? [refuse(EACCES)] : inet', replace: "inet", tests: [BOUNDARY], filter: "no socket of any kind" },
  { name: "seccomp-modes", file: "src/engine/runtime/sandbox/seccomp.ts", find: "[90, -1], [92, -1]", replace: "[92, -1]", tests: [BOUNDARY], filter: "levers" },
  { name: "landlock-runs", file: "src/engine/runtime/sandbox/policy.ts", find: "run: existing([program, ...LOADERS, ...programs]),", replace: 'run: existing([program, ...LOADERS, ...programs, "/usr/bin"]),', tests: [BOUNDARY], filter: "starts no program" },
  { name: "seccomp-runs", file: "src/engine/runtime/sandbox/seccomp.ts", find: "if (!policy.runs) {", replace: "if (Number(path) === 0) {", tests: [BOUNDARY], filter: "levers" },
  { name: "bubblewrap-network", file: "src/engine/runtime/sandbox/bubblewrap.ts", find: 'policy.net === "none" ? [] : ["--share-net"]', replace: '["--share-net"]', tests: [BOUNDARY], filter: "reaches no network" },
  { name: "own-folder", file: "src/engine/runtime/sandbox/policy.ts", find: "state === undefined || !touchesHome(path, dirname(state))", replace: "path !== state", tests: [BOUNDARY], filter: "cannot be signalled" },
  { name: "sandbox-fails-closed", file: "src/engine/runtime/sandbox/isolation.ts", find: 'if (setting === "auto") return', replace: "if (setting.length > 0) return", tests: [ISOLATION] },
  { name: "stale-scratch", file: "src/engine/runtime/sandbox/isolation.ts", find: "await rm(scratchRoot(database), { recursive: true, force: true });", replace: "await rm(`${scratchRoot(database)}-none`, { recursive: true, force: true });", tests: [ISOLATION] },
  { name: "lane-by-permissions", file: "src/engine/runtime/lane-set.ts", find: "[read, write, net, run].every((list) => list.length === 0) ? PLAIN", replace: "[read, write, net, run].every((list) => list.length < 99) ? PLAIN", tests: [LANES], filter: "share an evaluator" },
  { name: "lane-limit", file: "src/engine/runtime/lane-set.ts", find: "if (beside.length < this.#options.permissionSets) return true;", replace: "if (beside.length < 1_000) return true;", tests: [LANES], filter: "no more evaluators" },
  { name: "solo-permissions", file: "src/engine/runtime/lane-set.ts", find: "if (this.#solo?.key === key) return this.#solo;", replace: "if (this.#solo !== undefined) return this.#solo;", tests: [LANES], filter: "runs alone" },
];
