import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { SecretSource } from "../../core/outbound-settings.ts";
import type { Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";

/** A key or a token; what is larger is some other file. */
const LARGEST_FILE = 65_536;

/** The secret's text without white space around it; it goes into headers, so it is one line. */
export async function readSecret(place: Place, field: string, source: SecretSource): Promise<string | Failure> {
  const where = `${place.name}.${field}`;
  const misconfigured = (message: string): Failure => failure("OUTBOUND_MISCONFIGURED", `${where}: ${message}`);
  const text = "env" in source ? place.env[source.env] : await readSmallFile(resolve(place.home, source.file));
  if (text instanceof Error) return misconfigured(`${"file" in source ? source.file : ""}: ${text.message}`);
  const value = text?.trim() ?? "";
  if (value === "") return misconfigured("env" in source ? `the variable ${source.env} is not set; set it where nexus serve is started` : `${source.file} is empty`);
  if (/[^\u0021-\u007e]/.test(value)) return misconfigured("the secret is to be one line of printable ASCII without spaces");
  return value;
}

async function readSmallFile(path: string): Promise<string | Error> {
  try {
    const facts = await stat(path);
    // Reading a FIFO would wait for a writer.
    if (!facts.isFile()) return new Error("it is no regular file");
    if (facts.size > LARGEST_FILE) return new Error(`it is larger than ${LARGEST_FILE} bytes`);
    return await readFile(path, "utf8");
  } catch (error) {
    return new Error(`it cannot be read (${error instanceof Error && "code" in error ? String(error.code) : "unknown reason"})`);
  }
}
