import { readdirSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import type { Finding } from "../../core/errors.ts";
import { NexusError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { ScriptSource } from "./read-script.ts";

interface BuildLog {
  readonly name: string;
  readonly level: string;
  readonly message: string;
  readonly position: { readonly file: string; readonly line: number; readonly column: number } | null;
}

/** SCRIPT_PARSE or SCRIPT_IMPORT of a failed build; `findings` has every error, the message the first. */
export function bundleError(script: ScriptSource, logs: readonly BuildLog[]): NexusError {
  const findings = logs.filter((log) => log.level === "error").map((log) => toFinding(script, log));
  // A script that does not parse has no imports worth mentioning.
  const first = findings.find((finding) => finding.code === "SCRIPT_PARSE") ?? findings[0];
  if (first === undefined) return new NexusError("SCRIPT_PARSE", `the script ${script.path} cannot be bundled`);
  const message = `${placeOf(first)}: ${first.message}`;
  if (first.code === "SCRIPT_PARSE") return new NexusError("SCRIPT_PARSE", message, { ...parseHint(script), findings });
  return new NexusError("SCRIPT_IMPORT", message, { ...importHint(first), findings });
}

/** `file:line:column`, as editors understand it. */
export function placeOf(finding: Finding): string {
  return [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(":");
}

function toFinding(script: ScriptSource, log: BuildLog): Finding {
  const position = { file: log.position?.file || script.path, ...(log.position === null ? {} : { line: log.position.line, column: log.position.column }) };
  const unresolved = /^Could not resolve: "(.+?)"/.exec(log.message)?.[1];
  if (unresolved !== undefined) return { code: "SCRIPT_IMPORT", message: `cannot resolve the import "${unresolved}"`, ...position };
  const isImport = log.name === "ResolveMessage" || log.message.startsWith("No matching export");
  return { code: isImport ? "SCRIPT_IMPORT" : "SCRIPT_PARSE", message: log.message, ...position };
}

function parseHint(script: ScriptSource): { hint?: string } {
  // `*/5` inside a doc comment ends the comment.
  if (/@(?:cron|schedule)\s+[^\n]*\*\/\d/.test(script.text)) return { hint: "`*/` ends the comment: write `@cron *\\/5 * * * *`, or `@every 5m`" };
  return {};
}

function importHint(finding: Finding): { hint?: string; did_you_mean?: readonly string[] } {
  const name = /^cannot resolve the import "(.+)"$/.exec(finding.message)?.[1];
  if (name === undefined) return {};
  if (!name.startsWith(".") && !name.startsWith("/")) {
    const packageName = name.split("/").slice(0, name.startsWith("@") ? 2 : 1).join("/");
    return { hint: `install it beside the script: npm install ${packageName}` };
  }
  const path = resolve(dirname(finding.file ?? ""), name);
  const similar = nearest(stem(path), new Set(filesIn(dirname(path)).map(stem)));
  const prefix = name.slice(0, name.length - basename(name).length);
  return { hint: `there is no such file: ${path}`, ...(similar.length === 0 ? {} : { did_you_mean: similar.map((file) => prefix + file) }) };
}

function stem(file: string): string {
  return basename(file, extname(file));
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
