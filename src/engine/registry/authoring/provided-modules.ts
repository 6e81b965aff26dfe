import type { BunPlugin } from "bun";

/** What a hook gets from nexus instead of a package; the runtime puts the real module where these look. */
const SOURCES: Readonly<Record<string, string>> = {
  "nexus": "export const defineHook = (hook) => hook;",
  "better-sqlite3": [
    'const m = globalThis[Symbol.for("nexus.modules")]["better-sqlite3"];',
    "export default m.Database;",
    "export const Database = m.Database;",
    "export const SqliteError = m.SqliteError;",
  ].join("\n"),
  // `require` returns the class itself, as the package does.
  "better-sqlite3:require": [
    'const m = globalThis[Symbol.for("nexus.modules")]["better-sqlite3"];',
    "module.exports = m.Database;",
  ].join("\n"),
};

/** Answers imports of `nexus` and `better-sqlite3`, wherever they are written and whatever is installed. */
export const providedModules: BunPlugin = {
  name: "nexus-provided-modules",
  setup(build) {
    build.onResolve({ filter: /^(?:nexus|better-sqlite3)$/ }, (args) => {
      const required = args.kind === "require-call" && args.path === "better-sqlite3";
      return { path: required ? "better-sqlite3:require" : args.path, namespace: "nexus" };
    });
    build.onLoad({ filter: /.*/, namespace: "nexus" }, (args) => ({ loader: "js", contents: SOURCES[args.path] ?? "" }));
  },
};
