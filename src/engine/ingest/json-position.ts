/** Where a text stops being JSON. Lines and columns count from 1, columns in UTF-16 units. */
export interface JsonPosition {
  readonly line: number;
  readonly column: number;
  /** What stands there: a character, or `end of the text`. */
  readonly found: string;
}

const BLANK = /[ \t\n\r]*/y;
const STRING = /"(?:[^"\\]+|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

type Expecting = "value" | "value or ]" | "key" | "key or }" | "colon" | "comma or close" | "end";

/**
 * The first place at which a text cannot be JSON any more: `JSON.parse` of JavaScriptCore names no position. Runs only
 * after it refused the text; undefined when nothing is wrong. Iterative, so that no nesting exhausts the stack.
 */
export function jsonErrorPosition(text: string): JsonPosition | undefined {
  const open: ("[" | "{")[] = [];
  let expecting: Expecting = "value";
  let at = 0;
  for (;;) {
    at += lengthOf(BLANK, text, at);
    const char = text[at];
    if (expecting === "end") return char === undefined ? undefined : position(text, at);
    const token = tokenAt(text, at, expecting, open.at(-1));
    if (token.length === 0 || token.brokenAt !== undefined) return position(text, token.brokenAt ?? at);
    at += token.length;
    if (char === "[" || char === "{") open.push(char);
    if (char === "]" || char === "}") open.pop();
    expecting = next(char ?? "", expecting, open);
  }
}

/** The accepted token there, of length 0 when it is not one of the expected; `brokenAt` inside an unfinished string. */
function tokenAt(text: string, at: number, expecting: Expecting, inside: "[" | "{" | undefined): { readonly length: number; readonly brokenAt?: number } {
  const char = text[at] ?? "";
  switch (expecting) {
    case "colon":
      return { length: char === ":" ? 1 : 0 };
    case "key":
    case "key or }":
      return char === "}" && expecting === "key or }" ? { length: 1 } : stringAt(text, at);
    case "comma or close":
      return { length: char === "," || char === (inside === "[" ? "]" : "}") ? 1 : 0 };
    default:
      if (char === "[" || char === "{" || (char === "]" && expecting === "value or ]")) return { length: 1 };
      if (char === '"') return stringAt(text, at);
      return { length: lengthOf(WORD, text, at) || lengthOf(NUMBER, text, at) };
  }
}

function stringAt(text: string, at: number): { readonly length: number; readonly brokenAt?: number } {
  const length = lengthOf(STRING, text, at);
  for (let i = at + 1; i < at + length; i += 1) if (text.charCodeAt(i) < 32) return { length, brokenAt: i };
  if (length === 0) return { length };
  return text[at + length] === '"' ? { length: length + 1 } : { length, brokenAt: at + length };
}

function next(char: string, expecting: Expecting, open: readonly string[]): Expecting {
  if (expecting === "colon") return "value";
  if (char === "[") return "value or ]";
  if (char === "{") return "key or }";
  if (expecting === "comma or close" && char === ",") return open.at(-1) === "{" ? "key" : "value";
  if ((expecting === "key" || expecting === "key or }") && char !== "}") return "colon";
  return open.length === 0 ? "end" : "comma or close";
}

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function position(text: string, at: number): JsonPosition {
  const before = text.slice(0, at);
  const char = text.codePointAt(at);
  const found = char === undefined ? "the end of the text" : JSON.stringify(String.fromCodePoint(char));
  return { line: before.split("\n").length, column: at - before.lastIndexOf("\n"), found };
}
