/** Any of the forms of contract section 3, as the module exports it. */
export function findHandler(module: Readonly<Record<string, unknown>>): ((context: object) => unknown) | undefined {
  for (const name of ["default", "hook", "automation"]) {
    const exported = module[name];
    if (typeof exported === "function") return exported as (context: object) => unknown;
    if (typeof exported !== "object" || exported === null) continue;
    const handler: unknown = Reflect.get(exported, "handler");
    if (typeof handler === "function") return (context) => Reflect.apply(handler, exported, [context]) as unknown;
    // A CommonJS module's exports arrive as its default export.
    const inner: unknown = Reflect.get(exported, "default");
    if (typeof inner === "function") return inner as (context: object) => unknown;
  }
  return undefined;
}
