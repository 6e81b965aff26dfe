import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSampleHome, nexusRunner, type RunNexus } from "../sample-home.ts";

export const NEXUS = [process.execPath, join(import.meta.dir, "..", "..", "src", "cli", "main.ts")] as const;

const WATCHED = `/** @description Looks at the queue */
export const hook: Hook = { schedule: { every: "2s", catch_up: "skip" }, handler: () => ({ fire: false }) };
`;
/** Three of its slots, and a fourth that is under way when the daemon starts. */
const MISSED_MS = 8_500;
const POLL_MS = 100;
const PATIENCE_MS = 60_000;

/** The sample home with a daemon that has evaluated everything: a breaker is open, a turn runs, a queue stands behind it, slots were missed. */
export class CapturedHome implements AsyncDisposable {
  readonly path: string;
  readonly run: RunNexus;
  readonly #daemon: Bun.Subprocess;

  private constructor(path: string) {
    this.path = path;
    this.run = nexusRunner(path);
    this.#daemon = Bun.spawn([...NEXUS, "serve", "--json", "--home", path], { stdin: "ignore", stdout: "ignore", stderr: "inherit" });
  }

  static async make(): Promise<CapturedHome> {
    const path = mkdtempSync(join(tmpdir(), "nexus-"));
    const run = nexusRunner(path);
    const watched = join(path, "watch-queue.ts");
    writeFileSync(watched, WATCHED);
    run(["hooks", "register", watched]);
    const registered = Date.now();
    // The first turn ends at once and is delivered; the one behind it holds up the others as long as pictures are taken.
    makeSampleHome(path, run, `cat > /dev/null; [ -e ${path}/answered ] && sleep 3600; touch ${path}/answered; echo The pool is at its limit: 90 of 90 connections are open.`);
    await until(() => Promise.resolve(Date.now() - registered > MISSED_MS));
    const home = new CapturedHome(path);
    await until(() => home.#hasEvaluated());
    writeFileSync(watched, WATCHED.replace("2s", "10m"));
    run(["hooks", "update", "watch-queue", watched]);
    const [waiting] = JSON.parse(run(["dispatches", "list", "--status", "pending", "--json"])) as readonly { readonly id: string }[];
    if (waiting !== undefined) run(["dispatches", "cancel", waiting.id]);
    return home;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#daemon.kill("SIGTERM");
    await this.#daemon.exited;
    rmSync(this.path, { recursive: true, force: true });
  }

  /** By what the program itself says of it. */
  async #hasEvaluated(): Promise<boolean> {
    const child = Bun.spawn([...NEXUS, "tui", "overview", "--json", "--home", this.path], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
    const { data } = (await new Response(child.stdout).json()) as { data: { backlog: number; running: number; pending: number; troubled: readonly unknown[]; day: { fires: number } } };
    return data.backlog === 0 && data.running === 1 && data.pending > 0 && data.pending + data.running < data.day.fires && data.troubled.length > 0;
  }
}

async function until(is: () => Promise<boolean>): Promise<void> {
  const began = Date.now();
  while (!(await is())) {
    if (Date.now() - began > PATIENCE_MS) throw new Error("the sample home did not come to what is captured");
    await Bun.sleep(POLL_MS);
  }
}
