import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(import.meta.dir, "..");

/** Which room may import which. A room is the longest of these prefixes that a file's path has. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  "src/engine/core": [],
  "src/engine/config.ts": ["src/engine/core"],
  "src/engine/store": ["src/engine/core"],
  "src/engine/secrets.ts": ["src/engine/core"],
  "src/engine/backup": ["src/engine/core", "src/engine/store"],
  "src/engine/doctor": ["src/engine/runtime", "src/engine/api", "src/engine/core", "src/engine/config.ts", "src/engine/store", "src/engine/backup"],
  "src/engine/clients": ["src/engine/core"],
  "src/engine/ingest": ["src/engine/core"],
  "src/engine/runtime/child": ["src/engine/core", "src/engine/runtime"],
  "src/engine/runtime": ["src/engine/core"],
  "src/engine/registry": ["src/engine/core", "src/engine/store", "src/engine/runtime"],
  "src/engine/registry/authoring": ["src/engine/core", "src/engine/registry", "src/engine/runtime", "src/engine/runtime/child"],
  "src/engine/pipeline": ["src/engine/core", "src/engine/store", "src/engine/registry", "src/engine/runtime"],
  "src/engine/refs": ["src/engine/core", "src/engine/broker/outbound", "src/engine/config.ts", "src/engine/store", "src/engine/clients", "src/engine/ingest", "src/engine/registry", "src/engine/runtime", "src/engine/pipeline", "src/engine/start-evaluators.ts"],
  "src/engine/engine-options.ts": ["src/engine/core", "src/engine/config.ts", "src/engine/store", "src/engine/broker", "src/engine/clients", "src/engine/runtime", "src/engine/pipeline"],
  "src/engine/broker": ["src/engine/core", "src/engine/store", "src/engine/broker/outbound", "src/engine/broker/runners"],
  "src/engine/broker/outbound": ["src/engine/core", "src/engine/clients"],
  "src/engine/broker/runners": ["src/engine/core", "src/engine/store", "src/engine/clients", "src/engine/runtime"],
  "src/engine/start-broker.ts": ["src/engine/core", "src/engine/clients", "src/engine/engine-options.ts", "src/engine/broker", "src/engine/broker/outbound", "src/engine/broker/runners"],
  "src/engine/start-refs.ts": ["src/engine/core", "src/engine/clients", "src/engine/engine-options.ts", "src/engine/refs", "src/engine/runtime"],
  "src/engine/dry-run.ts": ["src/engine/core", "src/engine/config.ts", "src/engine/store", "src/engine/clients", "src/engine/ingest", "src/engine/registry", "src/engine/runtime", "src/engine/pipeline", "src/engine/broker", "src/engine/start-evaluators.ts"],
  "src/engine/start-llm.ts": ["src/engine/core", "src/engine/config.ts", "src/engine/clients"],
  "src/engine/start-evaluators.ts": ["src/engine/core", "src/engine/config.ts", "src/engine/clients", "src/engine/runtime"],
  "src/engine/engine.ts": ["src/engine/core", "src/engine/engine-options.ts", "src/engine/start-evaluators.ts", "src/engine/start-broker.ts", "src/engine/start-llm.ts", "src/engine/start-refs.ts", "src/engine/refs", "src/engine/broker", "src/engine/store", "src/engine/clients", "src/engine/ingest", "src/engine/registry", "src/engine/runtime", "src/engine/pipeline"],
  "src/engine/api": ["src/engine/core", "src/engine/dry-run.ts"],
  "src/engine/start-api.ts": ["src/engine/core", "src/engine/config.ts", "src/engine/store", "src/engine/clients", "src/engine/runtime", "src/engine/api", "src/engine/start-llm.ts"],
  "src/engine/daemon-options.ts": ["src/engine/core", "src/engine/config.ts", "src/engine/store", "src/engine/pipeline", "src/engine/engine-options.ts"],
  "src/engine/daemon.ts": ["src/engine/core", "src/engine/store", "src/engine/runtime", "src/engine/pipeline", "src/engine/daemon-options.ts", "src/engine/start-api.ts", "src/engine/api", "src/engine/engine.ts"],
  // What screens and commands print alike.
  "src/cli/output.ts": ["src/engine/core"],
  "src/cli/hook-text.ts": ["src/engine/core", "src/cli/output.ts"],
  "src/tui/look": ["src/cli/output.ts"],
  "src/tui/reader": ["src/engine/core", "src/engine/config.ts", "src/engine/store", "src/engine/registry", "src/engine/pipeline", "src/engine/broker"],
  "src/tui/state": ["src/engine/core", "src/tui/reader"],
  "src/tui/actions": ["src/engine/runtime"],
  "src/tui/terminal": ["src/engine/core"],
  "src/tui/screens": ["src/engine/core", "src/engine/store", "src/engine/pipeline", "src/cli/hook-text.ts", "src/tui/actions", "src/tui/look", "src/tui/reader", "src/tui/state"],
  "src/tui": ["src/engine/api", "src/engine/core", "src/engine/store", "src/tui/actions", "src/tui/look", "src/tui/reader", "src/tui/screens", "src/tui/state", "src/tui/terminal"],
  "src/cli": [
    "src/cli/output.ts",
    "src/cli/hook-text.ts",
    "src/tui",
    "src/tui/look",
    "src/tui/state",
    "src/engine/core",
    "src/engine/config.ts",
    "src/engine/store",
    "src/engine/ingest",
    "src/engine/registry",
    "src/engine/registry/authoring",
    "src/engine/runtime",
    "src/engine/runtime/child",
    "src/engine/pipeline",
    "src/engine/refs",
    "src/engine/broker",
    "src/engine/broker/runners",
    "src/engine/clients",
    "src/engine/dry-run.ts",
    "src/engine/api",
    "src/engine/start-llm.ts",
    "src/engine/engine.ts",
    "src/engine/daemon.ts",
    "src/engine/secrets.ts",
    "src/engine/backup",
    "src/engine/doctor",
  ],
};

const rooms = Object.keys(ALLOWED).sort((a, b) => b.length - a.length);
const files = [...new Bun.Glob("src/**/*.{ts,tsx}").scanSync({ cwd: root })].filter((path) => !path.endsWith(".d.ts")).sort();

interface Import {
  readonly from: string;
  readonly to: string;
  /** `import type` and the like: gone at run time. */
  readonly typeOnly: boolean;
}

const imports: Import[] = files.flatMap((from) => importsOf(from));

function importsOf(from: string): Import[] {
  const text = readFileSync(join(root, from), "utf8");
  const pattern = /^\s*(?:import|export)\s+(type\s+)?[^"';]*?from\s+"(\.[^"]+)"|(?:import|require)\(\s*"(\.[^"]+)"|^import\s+"(\.[^"]+)"/gm;
  return [...text.matchAll(pattern)].map((match) => ({ from, to: normalize(join(dirname(from), match[2] ?? match[3] ?? match[4] ?? "")), typeOnly: match[1] !== undefined }));
}

function roomOf(path: string): string {
  return rooms.find((room) => path === room || path.startsWith(`${room}/`)) ?? "none";
}

test("every file stands in a room of the table", () => {
  expect(files.filter((path) => roomOf(path) === "none")).toEqual([]);
});

test("imports go only where the table allows", () => {
  const forbidden = imports.filter(({ from, to }) => to.startsWith("src/") && roomOf(from) !== roomOf(to) && !ALLOWED[roomOf(from)]?.includes(roomOf(to)));
  expect(forbidden.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
});

test("no permission in the table is stale", () => {
  const used = new Set(imports.map(({ from, to }) => `${roomOf(from)} -> ${roomOf(to)}`));
  const stale = Object.entries(ALLOWED).flatMap(([room, allowed]) => allowed.map((other) => `${room} -> ${other}`).filter((edge) => !used.has(edge)));
  expect(stale).toEqual([]);
});

test("files import each other in no circle", () => {
  const next = Map.groupBy(imports.filter(({ typeOnly }) => !typeOnly), ({ from }) => from);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, trail: readonly string[]): void => {
    if (trail.includes(file)) circles.push([...trail.slice(trail.indexOf(file)), file].join(" -> "));
    if (done.has(file) || trail.includes(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...trail, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test("a Worker loads no zod, no commander and no SQL of the store", () => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    const text = readFileSync(join(root, file), "utf8");
    for (const [, typeOnly, name] of text.matchAll(/^\s*import\s+(type\s+)?[^"']*from\s+"([^."][^"]*)"/gm)) if (typeOnly === undefined && name !== undefined) packages.add(name);
    for (const { to, typeOnly } of importsOf(file)) if (!typeOnly) visit(to);
  };
  visit("src/engine/runtime/child/worker.ts");
  expect([...packages].filter((name) => !name.startsWith("node:") && !name.startsWith("bun:"))).toEqual([]);
  expect([...seen].filter((file) => file.startsWith("src/engine/store"))).toEqual([]);
});

test("no file has more than 300 lines", () => {
  expect(files.filter((path) => readFileSync(join(root, path), "utf8").split("\n").length > 301)).toEqual([]);
});

test("no function has more than 70 lines", () => {
  const long: string[] = [];
  for (const path of files) {
    const lines = readFileSync(join(root, path), "utf8").split("\n");
    for (const [start, line] of lines.entries()) {
      // A function's body ends where a line closes it at the indentation it began with.
      const indent = /^( *)(?:export )?(?:async )?(?:function\b|(?:static |readonly |get |set )*#?\w+\(.*\).*\{$|const \w+ = (?:async )?\(.*=> \{$)/.exec(line)?.[1];
      if (indent === undefined || !line.trimEnd().endsWith("{")) continue;
      const length = lines.slice(start + 1).findIndex((inner) => inner.startsWith(`${indent}}`)) + 2;
      if (length > 70) long.push(`${path}:${start + 1} has ${length} lines`);
    }
  }
  expect(long).toEqual([]);
});

test("no folder is named for having no noun, and nothing is a default export", () => {
  expect(files.filter((path) => /\/(utils|helpers|common|types)\//.test(path))).toEqual([]);
  expect(files.filter((path) => /^export default /m.test(readFileSync(join(root, path), "utf8")))).toEqual([]);
});
