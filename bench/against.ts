import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ROOT } from "./binary.ts";
import type { Task } from "./measure.ts";
import { type Figures, inRounds, medianOf, ratioOf } from "./rounds.ts";

/**
 * `bun bench/against.ts REF`: the engine as it stands here against the engine of a git ref, each with its own benchmark
 * code, in fresh processes, the order turned round from round to round. A ratio over 1 is faster here.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "7" }, durability: { type: "string", default: "full" }, check: { type: "string" } },
});
const [ref = "HEAD"] = positionals;
const durability = values.durability === "normal" ? "normal" : "full";
const folder = mkdtempSync(join(tmpdir(), "nexus-against-"));
const there = join(folder, "there");

const MEASURES = [
  { name: "saturated, 10 hooks a message event", figure: "pairs_per_s", task: { load: "saturated", kind: "message" } },
  { name: "saturated, 10 hooks a webhook event", figure: "pairs_per_s", task: { load: "saturated", kind: "webhook" } },
  { name: "one event, 10 hooks, p50 ms", figure: "p50_ms", task: { load: "one" } },
] as const satisfies readonly { name: string; figure: string; task: Partial<Task> }[];

async function run(command: readonly string[], cwd: string): Promise<string> {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${err.trim()}`);
  return out;
}

async function measured(root: string, task: Partial<Task>): Promise<Figures> {
  const whole = { subject: "nexus", load: "saturated", hooks: 10, durability, ...task } satisfies Task;
  return JSON.parse(await run([process.execPath, join(root, "bench", "measure.ts"), JSON.stringify(whole)], root)) as Figures;
}

try {
  await run(["git", "worktree", "add", "--detach", there, ref], ROOT);
  await run([process.execPath, "install", "--frozen-lockfile", "--silent"], there);
  let slowest = Number.POSITIVE_INFINITY;
  console.log(`against ${ref} (${(await run(["git", "rev-parse", "--short", ref], ROOT)).trim()}), durability ${durability}, medians of ${values.rounds} rounds`);
  for (const { name, figure, task } of MEASURES) {
    const found = await inRounds(Number(values.rounds), { there: () => measured(there, task), here: () => measured(ROOT, task) });
    const faster = figure === "p50_ms" ? ratioOf(found.there, found.here, figure) : ratioOf(found.here, found.there, figure);
    if (figure !== "p50_ms") slowest = Math.min(slowest, faster);
    console.log(`${name.padEnd(40)} ${medianOf(found.there, figure).toFixed(2).padStart(12)} there ${medianOf(found.here, figure).toFixed(2).padStart(12)} here  ${faster.toFixed(3)}x`);
  }
  // `--check 0.95`: exit code 1 when a saturated figure is below that share.
  if (values.check !== undefined && slowest < Number(values.check)) process.exitCode = 1;
} finally {
  await run(["git", "worktree", "remove", "--force", there], ROOT).catch(() => undefined);
  rmSync(folder, { recursive: true, force: true });
}
