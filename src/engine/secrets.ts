import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { NexusError } from "./core/errors.ts";
import { linesOf, Redactor, secretsInEnvironment, type Secret } from "./core/redactor.ts";

/** A key, a certificate, a token: what is larger is no secret to look for in every line. */
const LARGEST_FILE = 65_536;

export interface SecretSettings {
  readonly env: readonly string[];
  readonly files: readonly string[];
}

/** Finds what the settings name and what the environment holds. Throws CONFIG_INVALID for a file that cannot be read. */
export function loadRedactor(home: string, settings: SecretSettings, env: Readonly<Record<string, string | undefined>>): Redactor {
  const files = settings.files.flatMap((name): Secret[] => {
    const path = resolve(home, name);
    try {
      if (statSync(path).size > LARGEST_FILE) throw new Error(`it is larger than ${LARGEST_FILE} bytes`);
      return linesOf(name, readFileSync(path, "utf8"));
    } catch (error) {
      throw new NexusError("CONFIG_INVALID", `secrets.files: ${path}: ${error instanceof Error ? error.message : String(error)}`, { hint: "a secret that cannot be read cannot be kept out of the database", cause: error });
    }
  });
  // Listed ones first: when there are too many, it is the guessed ones that are let go.
  const guessed = secretsInEnvironment(env, settings.env).toSorted((a, b) => Number(settings.env.includes(b.name)) - Number(settings.env.includes(a.name)));
  return new Redactor([...files, ...guessed]);
}
