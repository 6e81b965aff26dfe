import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { Finding } from "../../core/errors.ts";
import contractTypes from "../contract/nexus-env.d.ts.txt" with { type: "text" };
import runtimeTypes from "../contract/runtime-env.d.ts.txt" with { type: "text" };
import type { ScriptSource } from "./read-script.ts";

/**
 * The same compiler options wherever the script lies and whoever calls. `files: []` keeps TypeScript from taking in
 * what lies beside the file. Errors in `catch` are `any`: hooks are short, and `unknown` there is only noise.
 */
const COMPILER_OPTIONS = {
  strict: true,
  useUnknownInCatchVariables: false,
  target: "esnext",
  module: "preserve",
  moduleResolution: "bundler",
  moduleDetection: "force",
  lib: ["esnext", "webworker"],
  types: [],
  jsx: "react-jsx",
  allowImportingTsExtensions: true,
  resolveJsonModule: true,
  noEmit: true,
  skipLibCheck: true,
};

/** The ambient types, as `nexus init` also writes them for editors. */
export const ambientTypes = `${contractTypes}\n${runtimeTypes}`;

const CONTRACT_NAMES = [...contractTypes.matchAll(/export import (\w+) =/g)].map((match) => match[1] ?? "");

/** A module that a script imports types from and that does not exist: it means the contract's own types. */
const standIn = [
  ...CONTRACT_NAMES.map((name) => `export type ${name} = import("nexus").${name};`),
  "type Anything = any;",
  "export default Anything;",
].join("\n");

/**
 * Type-checks a TypeScript script and its relative imports against the contract. Never throws for what the script
 * says; JavaScript and files of packages have no findings. The script must have been bundled without error before:
 * what cannot be resolved here is then a type-only import.
 */
export async function checkTypes(script: ScriptSource): Promise<Finding[]> {
  if (!script.typed) return [];
  const folder = await mkdtemp(join(tmpdir(), "nexus-check-"));
  try {
    const tsconfig = join(folder, "tsconfig.json");
    await writeFile(tsconfig, JSON.stringify({ files: [], compilerOptions: COMPILER_OPTIONS }));
    const first = await check(script, tsconfig, folder, new Map());
    const missing = missingModules(first);
    const logs = missing.size === 0 ? first : await check(script, tsconfig, folder, missing);
    return logs.filter((log) => isFinding(log, folder, missing)).map(toFinding);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type BuildLog = Awaited<ReturnType<typeof Bun.build>>["logs"][number];

async function check(script: ScriptSource, tsconfig: string, folder: string, standIns: ReadonlyMap<string, string>): Promise<readonly BuildLog[]> {
  const env = join(folder, "nexus-env.d.ts");
  const ambient = [...standIns].filter(([, path]) => path === "").map(([name]) => `declare module ${JSON.stringify(name)} {\n${standIn}\n}`);
  const relative = [...standIns].filter(([, path]) => path !== "").map(([, path]) => path);
  const files: Record<string, string> = { [script.path]: script.text, [env]: [ambientTypes, ...ambient].join("\n") };
  // TypeScript sees a file that exists only in memory when it is an entry point, and only then.
  for (const path of relative) files[path] = standIn;
  const build = await Bun.build({
    entrypoints: [script.path, env, ...relative],
    files,
    check: true,
    throw: false,
    target: "bun",
    tsconfig,
    env: "disable",
    external: ["*"],
    naming: "[hash]-[name].[ext]",
  });
  return build.logs;
}

/** Module names of TS2307 in the script → the path of a stand-in, or "" for a package. */
function missingModules(logs: readonly BuildLog[]): Map<string, string> {
  const missing = new Map<string, string>();
  for (const log of logs) {
    const name = /^TS2307: Cannot find module '([^']+)'/.exec(log.message)?.[1];
    const file = log.position?.file;
    if (name === undefined || file === undefined) continue;
    missing.set(name, name.startsWith(".") ? `${resolve(dirname(file), name).replace(/\.[mc]?[jt]sx?$/, "")}.ts` : "");
  }
  return missing;
}

function isFinding(log: BuildLog, folder: string, missing: ReadonlyMap<string, string>): boolean {
  const file = log.position?.file;
  if (file === undefined || file.startsWith(folder) || file.includes("/node_modules/")) return false;
  if ([...missing.values()].includes(file)) return false;
  const [, code = "", text = ""] = /^TS(\d+): ([\s\S]*)/.exec(log.message) ?? [];
  // No declarations: the module is JavaScript, which is fine, or a type-only import that leads nowhere.
  if (code === "7016" || code === "2307") return false;
  if (["2305", "2614", "2694", "2724"].includes(code) && [...missing.keys()].some((name) => text.includes(`"${name}"`))) return false;
  return !isUndeclaredBuiltin(code, text);
}

/** The embedded declarations of Node and Bun modules are a selection: what they lack may well exist. */
function isUndeclaredBuiltin(code: string, text: string): boolean {
  return ["2305", "2614", "2724", "2339", "2551"].includes(code) && /["'](?:node:(?:fs|path|os)|bun:sqlite|fs|path|os)["']/.test(text);
}

function toFinding(log: BuildLog): Finding {
  const [, code = "TS", message = log.message] = /^(TS\d+): ([\s\S]*)/.exec(log.message) ?? [];
  const { file, line, column } = log.position ?? {};
  return { code, message, ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }), ...(column === undefined ? {} : { column }) };
}
