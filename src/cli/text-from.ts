import { NexusError } from "../engine/core/errors.ts";

/** The text of a file, or (`-`) of standard input. Throws FILE_NOT_FOUND, and USAGE for what is not UTF-8. */
export async function textFrom(path: string): Promise<string> {
  const bytes = await (path === "-" ? Bun.stdin : Bun.file(path)).bytes().catch((error: unknown) => {
    throw new NexusError("FILE_NOT_FOUND", `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NexusError("USAGE", `${path === "-" ? "standard input" : path} is not UTF-8 text`, { cause: error });
  }
}
