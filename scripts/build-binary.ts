import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dir, "..");

const withoutDevtools: Bun.BunPlugin = {
  name: "without devtools",
  setup: (build) => {
    build.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: "react-devtools-core", namespace: "absent" }));
    build.onLoad({ filter: /.*/, namespace: "absent" }, () => ({ contents: "export default undefined;", loader: "js" }));
  },
};

/**
 * Builds `dist/nexus`, one executable with everything in it.
 *
 * - Nothing of the caller's folder is read or run: all `autoload` flags are off (a default binary runs `preload` from
 *   ./bunfig.toml and loads ./.env; measured on Bun 1.4.5).
 * - Bytecode halves the start of a command; it needs `format: "esm"` for dynamic imports of modules with top-level await.
 * - Ink's optional devtools are not installed, and are left out: `external` would be looked for at run time.
 * - The Workers' entries are entry points of their own, flat beside main: a Worker finds them by a URL relative to the
 *   module that starts it, and in the binary all of those are in one folder.
 */
export async function buildBinary(outfile = join(root, "dist", "nexus")): Promise<string> {
  mkdirSync(join(outfile, ".."), { recursive: true });
  const result = await Bun.build({
    entrypoints: ["src/cli/main.ts", "src/engine/runtime/child/worker.ts", "src/engine/registry/authoring/inspect-worker.ts", "src/engine/store/checkpoint-worker.ts", "src/tui/reader/reader-worker.ts"].map((path) => join(root, path)),
    naming: { entry: "[name].[ext]" },
    compile: { outfile, autoloadDotenv: false, autoloadBunfig: false, autoloadTsconfig: false, autoloadPackageJson: false },
    minify: true,
    // A command reads only the chunks it needs: 2 ms of a start, and 2 MB.
    splitting: true,
    bytecode: true,
    format: "esm",
    sourcemap: "linked",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [withoutDevtools],
    throw: false,
  });
  if (!result.success) throw new AggregateError(result.logs, `the build failed:\n${result.logs.map(String).join("\n")}`);
  return outfile;
}

if (import.meta.main) {
  const started = performance.now();
  const path = await buildBinary();
  console.log(`${path}  ${(statSync(path).size / 1_048_576).toFixed(1)} MB  ${Math.round(performance.now() - started)} ms`);
}
