import type { Line, Tone } from "./line.ts";

export const PALETTES = ["default", "high-contrast", "mono"] as const;
export type Palette = (typeof PALETTES)[number];

/** What is drawn with, in UTF-8 and without it. */
export interface Glyphs {
  readonly more: string;
  readonly cursor: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
  readonly off: string;
  readonly up: string;
  readonly down: string;
  readonly rule: string;
  readonly dot: string;
  /** From least to most. */
  readonly bars: readonly string[];
  /** Of a bar that lies. */
  readonly block: string;
  readonly arrow: string;
}

const UTF8: Glyphs = { more: "…", cursor: "▸", good: "●", warn: "▲", bad: "✗", off: "○", up: "↑", down: "↓", rule: "─", dot: "·", bars: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"], block: "█", arrow: "→" };
const ASCII: Glyphs = { more: "~", cursor: ">", good: "*", warn: "!", bad: "x", off: "o", up: "^", down: "v", rule: "-", dot: ".", bars: [" ", ".", ":", "-", "=", "+", "*", "%", "#"], block: "#", arrow: "->" };

/**
 * SGR parameters. Never red against green: good is blue, warnings yellow, bad is a bold orange-red, and each state has a mark
 * of its own besides (Okabe and Ito, "Color Universal Design"). Of the 256 colours only those that are fixed in all
 * terminals; the default palette leaves plain text and background as they are.
 */
const CODES: Readonly<Record<Palette, Readonly<Record<Tone, readonly string[]>>>> = {
  default: { plain: [], dim: ["38;5;245"], strong: ["1"], good: ["38;5;75"], warn: ["38;5;220"], bad: ["1", "38;5;209"], accent: ["38;5;116"], mark: ["7"] },
  "high-contrast": { plain: [], dim: [], strong: ["1"], good: ["1", "96"], warn: ["1", "93"], bad: ["1", "97", "41"], accent: ["1", "97"], mark: ["1", "7"] },
  // Weight and inversion are no colours (no-color.org).
  mono: { plain: [], dim: [], strong: ["1"], good: [], warn: [], bad: ["1"], accent: [], mark: ["7"] },
};

/** How everything is drawn. */
export interface Look {
  readonly palette: Palette;
  readonly ascii: boolean;
  readonly glyphs: Glyphs;
}

export function createLook({ palette = "default", ascii = false }: { readonly palette?: Palette; readonly ascii?: boolean } = {}): Look {
  return { palette, ascii, glyphs: ascii ? ASCII : UTF8 };
}

/** The line as a terminal takes it: each attribute is ended by its own code, as Ink writes it, which else takes every line apart twice. */
export function paintLine(spans: Line, { palette }: Look): string {
  const codes = CODES[palette];
  return spans.map(({ text, tone = "plain" }) => (codes[tone].length === 0 || text === "" ? text : `${codes[tone].map((code) => `\u001b[${code}m`).join("")}${text}${codes[tone].toReversed().map(end).join("")}`)).join("");
}

/** Of bold, of inversion, of a background, of a colour. */
function end(code: string): string {
  return `\u001b[${code === "1" ? 22 : code === "7" ? 27 : /^4\d$/.test(code) ? 49 : 39}m`;
}

/** The whole of the line in one tone: under the cursor. */
export function markLine(spans: Line, look: Look): string {
  return paintLine([{ text: spans.map(({ text }) => text).join(""), tone: "mark" }], look);
}

/** From the environment, as terminals and people set it; an option given wins. */
export function lookFromEnvironment(env: Readonly<Record<string, string | undefined>>, given: { readonly palette?: Palette | undefined; readonly ascii?: boolean | undefined }): Look {
  const colourless = (env["NO_COLOR"] ?? "") !== "" || env["FORCE_COLOR"] === "0";
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "") ?? "";
  // Bun writes UTF-8 whatever the locale says: a terminal of another one would show each character as two or three.
  const ascii = given.ascii ?? !/utf-?8/i.test(locale);
  return createLook({ palette: given.palette ?? (colourless ? "mono" : "default"), ascii });
}
