import { readFileSync } from "node:fs";
import { NexusError } from "../engine/core/errors.ts";
import type { Call } from "./call.ts";
import { listOption, textOption } from "./call.ts";

/**
 * An object from an option that may be given several times: a whole JSON object, `@FILE` with one, or `key=value` with the
 * value as JSON where it is JSON. Undefined where it is not given.
 */
export function objectOption(call: Call, name: string, flag = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)): Record<string, unknown> | undefined {
  const single = textOption(call, name);
  const given = single === undefined ? listOption(call, name) : [single];
  if (given.length === 0) return undefined;
  return Object.assign({}, ...given.map((text) => objectOf(text, `--${flag}`))) as Record<string, unknown>;
}

function objectOf(text: string, option: string): object {
  if (text.startsWith("@")) return wholeObject(fileText(text.slice(1), option), `${option} ${text}`);
  if (text.trimStart().startsWith("{")) return wholeObject(text, `${option} ${JSON.stringify(text)}`);
  const equals = text.indexOf("=");
  if (equals < 1) throw new NexusError("USAGE", `${option} ${JSON.stringify(text)}: expected key=value or a JSON object`);
  const value = text.slice(equals + 1);
  const parsed = jsonOf(value);
  return { [text.slice(0, equals)]: parsed === undefined ? value : parsed };
}

function wholeObject(text: string, place: string): object {
  const value = jsonOf(text);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new NexusError("USAGE", `${place}: that is no JSON object`);
}

function fileText(path: string, option: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new NexusError("FILE_NOT_FOUND", `${option}: cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
