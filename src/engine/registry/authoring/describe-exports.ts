import type { ExportFacts, HookExport, ValueFacts } from "./inspection.ts";

/** Deeper or larger metadata is a mistake, and must not cost the time of everyone who lists hooks. */
const MAX_DEPTH = 16;
const MAX_VALUES = 20_000;

/** Written out again: this runs in the Worker, which starts faster without the schema library. */
const HOOK_EXPORTS: readonly HookExport[] = ["default", "hook", "automation"];

/** Facts about the exports of a loaded module. May throw what a getter of the script throws. */
export function describeExports(module: Readonly<Record<string, unknown>>): ExportFacts[] {
  const seen = new Map<unknown, HookExport>();
  const facts: ExportFacts[] = [];
  for (const name of HOOK_EXPORTS) {
    const value = module[name];
    if (value === undefined) continue;
    const same_as = seen.get(value);
    seen.set(value, name);
    facts.push({ name, ...factsOf(value), ...(same_as === undefined ? {} : { same_as }), ...describeObject(value) });
  }
  return facts;
}

function factsOf(value: unknown): ValueFacts {
  if (typeof value === "function") return { kind: functionKind(value), params: value.length };
  if (value === null) return { kind: "null", params: 0 };
  if (Array.isArray(value)) return { kind: "array", params: 0 };
  if (value instanceof Promise) return { kind: "promise", params: 0 };
  return { kind: typeof value, params: 0 };
}

function functionKind(value: object): string {
  if (/^class\b/.test(Function.prototype.toString.call(value))) return "class";
  const tag = Object.prototype.toString.call(value);
  return tag.includes("Generator") ? "generator" : "function";
}

function describeObject(value: unknown): Pick<ExportFacts, "handler" | "fields" | "not_data"> {
  if (factsOf(value).kind !== "object") return { not_data: [] };
  const { handler, ...fields } = value as Readonly<Record<string, unknown>>;
  // A handler may also be a method of a class whose instance is exported.
  const found = handler ?? (Reflect.get(value as object, "handler") as unknown);
  const reader = new DataReader();
  return {
    ...(found === undefined ? {} : { handler: factsOf(found) }),
    fields: reader.read(fields, "", 0) as Readonly<Record<string, unknown>>,
    not_data: reader.notData,
  };
}

/** Copies data and remembers, by its path, what is none. */
class DataReader {
  readonly notData: string[] = [];
  readonly #open = new Set<unknown>();
  #values = 0;

  read(value: unknown, path: string, depth: number): unknown {
    this.#values += 1;
    if (value === undefined || value === null || typeof value === "string" || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString();
    if (typeof value !== "object") return this.#refuse(path, typeof value === "number" ? String(value) : typeof value);
    if (this.#open.has(value)) return this.#refuse(path, "circular");
    if (depth > MAX_DEPTH || this.#values > MAX_VALUES) return this.#refuse(path, "too large");
    this.#open.add(value);
    const copy = Array.isArray(value) ? value.map((item: unknown, index) => this.read(item, `${path}[${index}]`, depth + 1)) : this.#object(value, path, depth);
    this.#open.delete(value);
    return copy;
  }

  #object(value: object, path: string, depth: number): unknown {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      return this.#refuse(path, Object.prototype.toString.call(value).slice(8, -1));
    }
    const entries = Object.entries(value).map(([key, item]): [string, unknown] => [key, this.read(item, path === "" ? key : `${path}.${key}`, depth + 1)]);
    return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
  }

  #refuse(path: string, what: string): undefined {
    if (this.notData.length < 20) this.notData.push(`${path} (${what})`);
    return undefined;
  }
}
