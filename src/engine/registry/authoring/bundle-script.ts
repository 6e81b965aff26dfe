import { createHash } from "node:crypto";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { NexusError } from "../../core/errors.ts";
import { bundleError } from "./bundle-error.ts";
import { providedModules } from "./provided-modules.ts";
import type { ScriptSource } from "./read-script.ts";

/** A bundle is read whole by every Worker that runs it. */
const MAX_BUNDLE_BYTES = 16 * 1_048_576;

/** One self-contained ES module, and the SHA-256 of its UTF-8 bytes, hex. */
export interface Bundle {
  readonly text: string;
  readonly hash: string;
}

/**
 * Bundles a script with its relative imports and packages. Throws SCRIPT_PARSE or SCRIPT_IMPORT, with positions.
 *
 * The same sources give the same bundle, whatever folder they lie in and whoever calls: no tsconfig.json, environment
 * or bunfig.toml is read, and the source map names files relative to the script. Only a script that asks where it
 * lies (`import.meta.url`, `__dirname`, ...) has its place in its bundle: a bundle itself lies nowhere.
 */
export async function bundleScript(script: ScriptSource): Promise<Bundle> {
  const plain = await build(script, script.path, script.text);
  const built = plain.commonJs ? await build(script, join(dirname(script.path), "nexus-entry.mjs"), commonJsEntry(script.path)) : plain;
  const text = `${built.code}\n//# sourceMappingURL=data:application/json;base64,${Buffer.from(built.map).toString("base64")}\n`;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BUNDLE_BYTES) {
    throw new NexusError("SCRIPT_REFUSED", `the script ${script.path} has ${bytes} bytes with its imports, more than ${MAX_BUNDLE_BYTES}`, {
      hint: "import less: only what the hook needs, from the smallest package that has it",
    });
  }
  return { text, hash: createHash("sha256").update(text).digest("hex") };
}

async function build(script: ScriptSource, entry: string, entryText: string): Promise<{ code: string; map: string; commonJs: boolean }> {
  const built = await Bun.build({
    entrypoints: [entry],
    files: { [script.path]: script.text, [entry]: entryText },
    target: "bun",
    format: "esm",
    throw: false,
    metafile: true,
    sourcemap: "external",
    // Comments name files relative to the caller's folder; without them the code does not depend on it.
    minify: { whitespace: true },
    // Stands for "no tsconfig.json": by default those of the script's folder and its parents are read.
    tsconfig: "/dev/null",
    env: "disable",
    define: { "process.env.NODE_ENV": '"production"', ...placeOf(script.path) },
    plugins: [providedModules],
  });
  if (!built.success) throw bundleError(script, built.logs);
  const code = built.outputs.find((output) => output.kind === "entry-point");
  const map = built.outputs.find((output) => output.kind === "sourcemap");
  const other = built.outputs.find((output) => output !== code && output !== map);
  if (other !== undefined) throw assetError(script, other.path);
  return {
    code: withoutDebugId((await code?.text()) ?? ""),
    map: relativeMap((await map?.text()) ?? "", dirname(script.path)),
    commonJs: isCommonJs(built.metafile),
  };
}

/** What a script may ask about its own place. A bundle runs from memory, where these would be `blob:` addresses. */
function placeOf(path: string): Record<string, string> {
  const place = { url: pathToFileURL(path).href, dir: dirname(path), dirname: dirname(path), path, filename: path, file: basename(path) };
  return Object.fromEntries(Object.entries(place).map(([name, value]) => [`import.meta.${name}`, JSON.stringify(value)]));
}

/** Gives `module.exports` the shape of an ES module, so that every bundle exports its hook in the same way. */
function commonJsEntry(path: string): string {
  return [
    `const script = require(${JSON.stringify(path)});`,
    `const several = typeof script === "object" && script !== null && !("handler" in script) && ["default", "hook", "automation"].some((name) => name in script);`,
    "const found = several ? script : { default: script };",
    "export default found.default;",
    "export const hook = found.hook;",
    "export const automation = found.automation;",
  ].join("\n");
}

function isCommonJs(metafile: { inputs: Record<string, { format?: string }>; outputs: Record<string, { entryPoint?: string }> } | undefined): boolean {
  const entry = Object.values(metafile?.outputs ?? {}).find((output) => output.entryPoint !== undefined)?.entryPoint;
  return entry !== undefined && metafile?.inputs[entry]?.format === "cjs";
}

function withoutDebugId(code: string): string {
  return code.replace(/\n+\/\/# debugId=\w+\s*$/, "").trimEnd();
}

/** Only what a stack trace needs: the sources' names, relative to the script, and the mappings. */
function relativeMap(text: string, folder: string): string {
  const map = JSON.parse(text) as { sources: readonly string[]; mappings: string };
  const sources = map.sources.map((source) => (source.startsWith("nexus:") ? source : relative(folder, resolve(source))));
  // Bun refuses a map without one entry of `sourcesContent` for each source; what they are does not matter to it.
  return JSON.stringify({ version: 3, sources, sourcesContent: sources.map(() => null), names: [], mappings: map.mappings });
}

function assetError(script: ScriptSource, asset: string): NexusError {
  const message = `${script.path} imports a file that cannot be part of a bundle (${basename(asset)})`;
  return new NexusError("SCRIPT_IMPORT", message, {
    hint: 'import text with { type: "text" }, or read the file at run time; native addons do not work in hooks',
    findings: [{ code: "SCRIPT_IMPORT", message, file: script.path }],
  });
}
