import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Everything that must hold before a change lands, in the order of what fails fastest. Ends with `N passed, N failed`.
 * `--only types,lint` runs those steps alone.
 */
const root = join(import.meta.dir, "..");
const folder = mkdtempSync(join(tmpdir(), "nexus-check-"));
const bun = process.execPath;

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Where its JUnit report is, if it counts its own tests. */
  readonly report?: string;
}

const unitReport = join(folder, "unit.xml");
const binaryReport = join(folder, "binary.xml");
const bin = (name: string): string => join(root, "node_modules", ".bin", name);

const steps: readonly Step[] = [
  { name: "types", command: [bun, "--bun", bin("tsc"), "--noEmit"] },
  { name: "lint", command: [bun, "--bun", bin("oxlint"), "--type-aware", "--deny-warnings"] },
  { name: "unused", command: [bun, "--bun", bin("knip"), "--no-progress"] },
  // Two files at a time: one after the other they took a quarter to a half longer (measured on two cores).
  { name: "tests", command: [bun, "test", "--parallel=2", "--no-isolate", "--timeout=20000", "--randomize", "--path-ignore-patterns=test/binary/**", "--reporter=junit", `--reporter-outfile=${unitReport}`, "test"], report: unitReport },
  { name: "build", command: [bun, join(root, "scripts", "build-binary.ts")] },
  { name: "binary", command: [bun, "test", "--randomize", "--reporter=junit", `--reporter-outfile=${binaryReport}`, "test/binary"], report: binaryReport },
];

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

/** Without CI in the environment, whose mere presence makes some tools print colours. */
async function run(step: Step): Promise<Count> {
  const started = performance.now();
  const child = Bun.spawn([...step.command], { cwd: root, stdin: "ignore", stdout: "pipe", stderr: "pipe", env: { ...process.env, NO_COLOR: "1", CI: undefined } });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  const count = step.report === undefined ? undefined : readReport(step.report);
  const failed = code !== 0 && (count?.failed ?? 0) === 0 ? 1 : (count?.failed ?? 0);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  const tests = count === undefined ? "" : `  ${count.passed} passed, ${failed} failed`;
  console.log(`${code === 0 ? "ok  " : "FAIL"}  ${step.name.padEnd(7)} ${seconds.padStart(6)} s${tests}`);
  if (code !== 0) console.log(`${out}\n${err}`.replaceAll(/^\(pass\).*\n/gm, ""));
  return count === undefined ? { passed: code === 0 ? 1 : 0, failed, skipped: 0 } : { ...count, failed };
}

/** The totals of bun's JUnit report; nothing when there is none. */
function readReport(path: string): Count | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const total = /<testsuites\b[^>]*>/.exec(text)?.[0] ?? "";
  const number = (name: string): number => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(total)?.[1] ?? 0);
  const failed = number("failures") + number("errors");
  return { passed: number("tests") - failed - number("skipped"), failed, skipped: number("skipped") };
}

const only = process.argv.includes("--only") ? new Set(process.argv[process.argv.indexOf("--only") + 1]?.split(",")) : undefined;
const sum: Count = { passed: 0, failed: 0, skipped: 0 };
try {
  for (const step of steps) {
    if (only !== undefined && !only.has(step.name)) continue;
    const count = await run(step);
    sum.passed += count.passed;
    sum.failed += count.failed;
    sum.skipped += count.skipped;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ""}`);
process.exitCode = sum.failed === 0 ? 0 : 1;
