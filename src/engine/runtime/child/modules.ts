const MODULES = Symbol.for("nexus.modules");

/** The modules that nexus itself gives to hooks; the bundler turns their imports into look-ups here. Loaded on first use. */
export function provideModules(): void {
  Reflect.set(globalThis, MODULES, {
    get "better-sqlite3"(): unknown {
      return require("./better-sqlite3.ts") as unknown;
    },
  });
}
