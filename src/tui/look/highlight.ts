import type { Line, Span, Tone } from "./line.ts";

const KEYWORDS = new Set("abstract as async await break case catch class const continue declare default delete do else enum export extends false finally for from function get if implements import in instanceof interface let namespace new null of private protected public readonly return satisfies set static super switch this throw true try type typeof undefined var void while with yield".split(" "));

interface Token {
  readonly tone: Tone;
  readonly pattern: RegExp;
}

/** In the order in which they are tried at each place. */
const TOKENS: readonly Token[] = [
  { tone: "dim", pattern: /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/y },
  // A template's `${...}` is in its string: telling them apart needs a parser, and a reader does not.
  { tone: "good", pattern: /"(?:\\.|[^"\\\n])*"?|'(?:\\.|[^'\\\n])*'?|`(?:\\[\s\S]|[^`\\])*`?/y },
  { tone: "warn", pattern: /\b(?:0[xob][\da-f_]+|\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)n?\b/iy },
  { tone: "plain", pattern: /[\p{L}_$][\p{L}\p{N}_$]*/uy },
  { tone: "plain", pattern: /[^\p{L}\p{N}_$"'`/]+|[\s\S]/uy },
];

/**
 * TypeScript with its parts in tones, line by line. Not a parser: a regular expression with quotes in it may be taken for a
 * string up to the end of its line. No character is lost or added, whatever the text is.
 */
export function highlight(source: string): Line[] {
  const lines: Span[][] = [[]];
  for (const { text, tone } of tokens(source)) {
    for (const [at, part] of text.split("\n").entries()) {
      if (at > 0) lines.push([]);
      if (part !== "") lines.at(-1)?.push(tone === "plain" ? { text: part } : { text: part, tone });
    }
  }
  return lines;
}

function* tokens(source: string): Generator<{ readonly text: string; readonly tone: Tone }> {
  let at = 0;
  while (at < source.length) {
    for (const { tone, pattern } of TOKENS) {
      pattern.lastIndex = at;
      const text = pattern.exec(source)?.[0];
      if (text === undefined || text === "") continue;
      yield { text, tone: KEYWORDS.has(text) ? "accent" : tone };
      at += text.length;
      break;
    }
  }
}
