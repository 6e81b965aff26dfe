import { readFileSync } from "node:fs";

/** bubblewrap is a monitor, then the first process of the namespace, then what was to be started. */
const DEPTH = 4;

/** The pid, as seen from here, of the last in the chain of only children that begins with `pid`. */
export function innermostProcess(pid: number): number {
  let last = pid;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const [child] = childrenOf(last);
    if (child === undefined) return last;
    last = child;
  }
  return last;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter((text) => text !== "").map(Number);
  } catch {
    // It ended meanwhile, or the kernel has no such file.
    return [];
  }
}
