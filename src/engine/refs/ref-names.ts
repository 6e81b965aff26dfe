import { NexusError } from "../core/errors.ts";

const MOST_BYTES = 512;

/** The name of a ref: words separated by single slashes, at most 512 bytes of UTF-8. Returns it; throws REF_NAME_INVALID with the place. */
export function checkRefName(name: string, what = "the name of a ref"): string {
  const wrong = problemOf(name);
  if (wrong !== undefined) throw new NexusError("REF_NAME_INVALID", `${what} is ${JSON.stringify(name.slice(0, 100))}: ${wrong}`, { hint: "words separated by single slashes, such as agent/human/HEAD" });
  return name;
}

function problemOf(name: string): string | undefined {
  if (name === "") return "it is empty";
  if (!name.isWellFormed()) return "it has half a surrogate pair";
  if (Buffer.byteLength(name) > MOST_BYTES) return `it has ${Buffer.byteLength(name)} bytes, at most ${MOST_BYTES} are allowed`;
  const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.exec(name);
  if (control !== null) return `a control character at ${control.index + 1}`;
  const words = name.split("/");
  const empty = words.indexOf("");
  if (empty >= 0) return `word ${empty + 1} of ${words.length} is empty`;
  const spaced = words.findIndex((word) => word.trim() !== word);
  return spaced < 0 ? undefined : `word ${spaced + 1} begins or ends with a space`;
}
