import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import type { Mutant } from "../test/mutants/mutant.ts";

/**
 * Shows that tests can fail: switches one mechanism off at a time (`test/mutants/<area>.ts`), in a copy of the repository,
 * and expects the named tests to fail. A mutant that survives, or that no longer applies, is a failure of this run.
 */
const root = join(import.meta.dir, "..");
const TABLES = join(root, "test", "mutants");
/** More would share two cores with tests that measure time. */
const AT_ONCE = 2;
/** One mutant's tests, ms. A mechanism that is off may well leave its test hanging; bun's own limit a test ends it before. */
const LONGEST_MS = 600_000;

export interface TabledMutant extends Mutant {
  readonly area: string;
}

/** All tables, in the order of their names. */
export async function loadMutants(): Promise<TabledMutant[]> {
  const all: TabledMutant[] = [];
  for (const file of readdirSync(TABLES).filter((name) => name !== "mutant.ts").toSorted()) {
    const { mutants } = (await import(join(TABLES, file))) as { readonly mutants: readonly Mutant[] };
    all.push(...mutants.map((mutant) => ({ ...mutant, area: basename(file, ".ts") })));
  }
  return all;
}

interface Verdict {
  readonly killed: boolean;
  readonly note: string;
}

/** A copy of what git knows or would take, with this repository's packages. */
class Workbench {
  readonly #folder = mkdtempSync(join(tmpdir(), "nexus-mutants-"));
  #built = false;

  constructor() {
    const { stdout, success } = Bun.spawnSync(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });
    if (!success) throw new Error("git ls-files failed: mutants are tried in a copy of what git knows");
    for (const path of new Set(stdout.toString().split("\0"))) {
      if (path === "" || path === "node_modules" || !Bun.file(join(root, path)).size) continue;
      mkdirSync(dirname(join(this.#folder, path)), { recursive: true });
      cpSync(join(root, path), join(this.#folder, path));
    }
    symlinkSync(join(root, "node_modules"), join(this.#folder, "node_modules"));
  }

  /** Whether the mutant's tests pass without it: a test that fails anyway shows nothing. */
  async baseline(mutant: Mutant): Promise<boolean> {
    return (await this.#test(mutant)).code === 0;
  }

  async judge(mutant: Mutant): Promise<Verdict> {
    const path = join(this.#folder, mutant.file);
    const text = readFileSync(path, "utf8");
    if (text.split(mutant.find).length !== 2) return { killed: false, note: `its \`find\` occurs ${text.split(mutant.find).length - 1} times in ${mutant.file}` };
    const mutated = text.replace(mutant.find, () => mutant.replace);
    if (mutant.file.endsWith(".ts") && !parses(mutated)) return { killed: false, note: `${mutant.file} no longer parses with it` };
    this.#write(path, mutated);
    try {
      const { code, failed } = await this.#test(mutant);
      if (failed.length > 0) return { killed: true, note: failed[0] ?? "" };
      return { killed: false, note: code === 0 ? "its tests pass" : `bun test ended with ${code}, and no test failed` };
    } finally {
      this.#write(path, text);
    }
  }

  /** What was built before is not what stands there now. */
  #write(path: string, text: string): void {
    writeFileSync(path, text);
    this.#built = false;
  }

  async #test({ tests, filter }: Mutant): Promise<{ code: number; failed: string[] }> {
    if (!this.#built && tests.some((path) => path.startsWith("test/binary/"))) {
      // Whatever a mutant left running keeps its program; the next one is a file of its own.
      rmSync(join(this.#folder, "dist"), { recursive: true, force: true });
      const { code, output } = await run([process.execPath, "scripts/build-binary.ts"], this.#folder);
      if (code !== 0) throw new Error(`the program cannot be built: ${output}`);
      this.#built = true;
    }
    const { code, output } = await run([process.execPath, "test", ...tests, ...(filter === undefined ? [] : ["-t", filter])], this.#folder);
    // A file that cannot be loaded fails as well, but names no test.
    return { code, failed: [...output.matchAll(/^\(fail\) (.*?)(?: \[[\d.]+ms\])?$/gm)].map((match) => match[1] ?? "") };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function parses(text: string): boolean {
  try {
    new Bun.Transpiler({ loader: "ts" }).transformSync(text);
    return true;
  } catch {
    return false;
  }
}

async function run(command: readonly string[], cwd: string): Promise<{ code: number; output: string }> {
  const child = Bun.spawn([...command], { cwd, stdin: "ignore", stdout: "pipe", stderr: "pipe", timeout: LONGEST_MS, killSignal: "SIGKILL", env: { ...process.env, NO_COLOR: "1", CI: undefined } });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, output: `${out}\n${err}` };
}

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: "string" }, area: { type: "string" }, list: { type: "boolean" } } });
  const chosen = (await loadMutants()).filter(({ name, area }) => (values.only === undefined || name === values.only) && (values.area === undefined || area === values.area));
  if (chosen.length === 0) {
    console.error("no mutant of that name or area; --list shows them");
    return 2;
  }
  if (values.list === true) {
    for (const { area, name, file } of chosen) console.log(`${area.padEnd(12)} ${name.padEnd(40)} ${file}`);
    return 0;
  }
  const waiting = [...chosen];
  const baselines = new Map<string, Promise<boolean>>();
  let killed = 0;
  const work = async (): Promise<void> => {
    using bench = new Workbench();
    for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
      const started = performance.now();
      const key = JSON.stringify([mutant.tests, mutant.filter]);
      const baseline = baselines.get(key) ?? bench.baseline(mutant);
      baselines.set(key, baseline);
      const verdict = (await baseline) ? await bench.judge(mutant) : { killed: false, note: "its tests fail without it" };
      if (verdict.killed) killed += 1;
      console.log(`${verdict.killed ? "killed  " : "SURVIVED"} ${mutant.area.padEnd(12)} ${mutant.name.padEnd(40)} ${((performance.now() - started) / 1_000).toFixed(1).padStart(6)} s  ${verdict.note}`);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, availableParallelism(), chosen.length) }, () => work()));
  console.log(`${killed} passed, ${chosen.length - killed} failed`);
  return killed === chosen.length ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main();
