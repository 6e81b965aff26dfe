/** Options as a hook passed them: nothing about them is known yet. */
export type GivenOptions = Readonly<Record<string, unknown>>;

/** Accepts an options object or its absence. */
export function optionsFrom(given: unknown, position: "first" | "second"): GivenOptions {
  if (given === undefined || given === null) return {};
  if (typeof given !== "object") throw new TypeError(`Expected ${position} argument to be an options object`);
  return given as GivenOptions;
}

/** A boolean option is a boolean or absent: truthy values are refused, as a guess would hide a mistake. */
export function booleanOption(options: GivenOptions, name: string): boolean {
  const value = name in options ? options[name] : false;
  if (typeof value !== "boolean") throw new TypeError(`Expected the "${name}" option to be a boolean`);
  return value;
}

/** A function option is a function, null or absent. */
export function functionOption(options: GivenOptions, name: string): ((...args: unknown[]) => unknown) | undefined {
  const value = options[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "function") throw new TypeError(`Expected the "${name}" option to be a function`);
  return value as (...args: unknown[]) => unknown;
}

/** A switch method called without an argument switches on. */
export function toggleState(args: readonly unknown[]): boolean {
  if (args.length === 0) return true;
  if (typeof args[0] !== "boolean") throw new TypeError("Expected first argument to be a boolean");
  return args[0];
}
