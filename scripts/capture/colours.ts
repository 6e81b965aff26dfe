/** The pictures' own theme: what a terminal's default colours are is its owner's. */
export const DARK = { background: "#15181e", foreground: "#d8dce4" } as const;

const BASIC = ["#15181e", "#f07178", "#a6d189", "#e5c890", "#7aa2f7", "#ca9ee6", "#81c8be", "#c6cad3", "#7a8090", "#ff8f95", "#bfe3a5", "#f2d9a8", "#9dbcff", "#dab6f2", "#a0ddd4", "#ffffff"] as const;
/** Levels of red, green and blue in the cube of 216 that follows the basic 16 (xterm). */
const LEVELS = [0, 95, 135, 175, 215, 255] as const;
const CUBE = 16;
const GREYS = 232;

/** A colour as SVG has it: of the 256, or, with `rgb`, 24 bits. */
export function colour(value: number, rgb: boolean): string {
  if (rgb) return hex(value >> 16, (value >> 8) & 255, value & 255);
  const basic = BASIC[value];
  if (basic !== undefined) return basic;
  if (value >= GREYS) {
    const level = 8 + 10 * (value - GREYS);
    return hex(level, level, level);
  }
  const at = value - CUBE;
  return hex(LEVELS[Math.floor(at / 36)] ?? 0, LEVELS[Math.floor(at / 6) % 6] ?? 0, LEVELS[at % 6] ?? 0);
}

function hex(...parts: readonly number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
