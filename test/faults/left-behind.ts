import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Processes of a home that are still there, by the environment that each child of the harness has. Linux. */
function processesOf(home: string): string[] {
  return readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return [];
    try {
      const env = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
      if (!env.includes(`HOME=${home}`)) return [];
      // The state stands behind the name, which may have brackets in it. A zombie has ended; its parent has not looked yet.
      const state = /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
      return state === "Z" ? [] : [`${pid} (${state}) ${readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").slice(0, 120)}`];
    } catch {
      return [];
    }
  });
}

/** What a home's processes have left: themselves, and files in their folder for temporary ones. Waits a while for those that are about to end. */
export async function leftBehind(home: string, waitMs = 3_000): Promise<string[]> {
  const until = performance.now() + waitMs;
  for (;;) {
    const files = ["tmp", join("state", "scratch")].flatMap((folder) => (existsSync(join(home, folder)) ? readdirSync(join(home, folder)).map((name) => join(folder, name)) : []));
    const left = [...processesOf(home).map((text) => `process ${text}`), ...files];
    if (left.length === 0 || performance.now() > until) return left;
    await Bun.sleep(20);
  }
}
