import { NexusError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { ExportFacts, Inspection, ValueFacts } from "./inspection.ts";
import type { ScriptSource } from "./read-script.ts";

/** Which of the forms of contract section 3 a script uses. */
export type ExportForm = "function" | "hook" | "automation" | "default-object";

/** The one hook of a script, with the metadata its object has (none for a bare function). */
export interface FoundHook {
  readonly form: ExportForm;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly notData: readonly string[];
}

const FORMS_HINT = "export default async function (ctx: HookContext): Promise<HookResult> { ... }, or export const hook: Hook = { name, handler }";

/** Words that other systems use for `handler`. */
const HANDLER_WORDS = ["handle", "handlers", "run", "execute", "exec", "fn", "func", "function", "callback", "main", "action", "default", "evaluate"];

/** Throws SIGNATURE_INVALID or SIGNATURE_AMBIGUOUS. */
export function findHook(script: ScriptSource, inspection: Extract<Inspection, { ok: true }>): FoundHook {
  const candidates = inspection.exports.filter((facts) => facts.same_as === undefined);
  const [found, ...others] = candidates;
  if (found === undefined) throw noHook(script, inspection.names);
  if (others.length > 0) {
    const names = candidates.map(exportLabel);
    throw new NexusError("SIGNATURE_AMBIGUOUS", `${script.path} exports ${names.length} hooks: ${names.join(" and ")}`, {
      hint: "one file is one hook: keep one of them; metadata of a function goes beside it, as export const hook = { ..., handler }",
    });
  }
  return found.kind === "object" ? objectForm(script, found, inspection.exports) : functionForm(script, found);
}

function functionForm(script: ScriptSource, found: ExportFacts): FoundHook {
  if (found.name !== "default") {
    throw invalid(script, `${exportLabel(found)} is ${article(found.kind)}, not an object with a \`handler\``, FORMS_HINT);
  }
  checkFunction(script, exportLabel(found), found);
  return { form: "function", fields: {}, notData: [] };
}

function objectForm(script: ScriptSource, found: ExportFacts, exports: readonly ExportFacts[]): FoundHook {
  const { handler, fields = {}, not_data } = found;
  if (handler === undefined) {
    const functions = not_data.filter((entry) => /^[^.[]+ \(function\)$/.test(entry)).map((entry) => entry.replace(" (function)", ""));
    const instead = functions.find((name) => HANDLER_WORDS.includes(name) || nearest(name, ["handler"]).length > 0);
    const message = `${exportLabel(found)} has no \`handler\``;
    if (instead === undefined) throw invalid(script, message, "add handler: async (ctx) => ({ fire: false })");
    throw invalid(script, `${message}, but a function \`${instead}\``, `rename \`${instead}\` to \`handler\``, ["handler"]);
  }
  checkFunction(script, `the \`handler\` of ${exportLabel(found)}`, handler);
  const named = exports.find((facts) => facts.name !== "default" && (facts === found || facts.same_as === found.name));
  return { form: named?.name === "hook" || named?.name === "automation" ? named.name : "default-object", fields, notData: not_data };
}

function checkFunction(script: ScriptSource, what: string, facts: ValueFacts): void {
  if (facts.kind === "class") throw invalid(script, `${what} is a class`, "export a function that takes ctx and returns a HookResult");
  if (facts.kind === "generator") throw invalid(script, `${what} is a generator function`, "remove the `*`: a hook returns one HookResult");
  if (facts.kind === "promise") throw invalid(script, `${what} is a Promise, as if it was called already`, "export the function itself, not its result");
  if (facts.kind !== "function") throw invalid(script, `${what} is ${article(facts.kind)}, not a function`, FORMS_HINT);
  if (facts.params > 1) throw invalid(script, `${what} declares ${facts.params} parameters`, "a hook is called with one argument, ctx: everything is in it");
}

function noHook(script: ScriptSource, names: readonly string[]): NexusError {
  const exported = names.filter((name) => name !== "default" && name !== "hook" && name !== "automation");
  const found = exported.length === 0 ? "it exports nothing" : `it exports ${exported.slice(0, 10).join(", ")}`;
  const similar = exported.filter((name) => nearest(name, ["hook", "automation", "default"]).length > 0);
  const wanted = similar.length === 0 ? [] : nearest(similar[0] ?? "", ["hook", "automation", "default"], 1);
  return invalid(script, `there is no hook in it; ${found}`, FORMS_HINT, wanted);
}

function invalid(script: ScriptSource, message: string, hint: string, did_you_mean: readonly string[] = []): NexusError {
  return new NexusError("SIGNATURE_INVALID", `${script.path}: ${message}`, { hint, ...(did_you_mean.length === 0 ? {} : { did_you_mean }) });
}

function exportLabel(facts: ExportFacts): string {
  if (facts.name !== "default") return `\`export const ${facts.name}\``;
  return facts.kind === "object" ? "the default export (an object)" : `the default export (${article(facts.kind)})`;
}

function article(kind: string): string {
  if (kind === "null" || kind === "undefined") return kind;
  return `${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}`;
}
