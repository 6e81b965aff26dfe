import type { IBufferCell, Terminal } from "@xterm/headless";
import { colour, DARK } from "./colours.ts";

const CELL_WIDTH = 8.4;
const CELL_HEIGHT = 17;
const FONT_SIZE = 14;
const BASELINE = 13;
const MARGIN = 10;

interface Style {
  readonly fill: string;
  readonly background: string;
  readonly bold: boolean;
  readonly dim: boolean;
}

interface Run {
  readonly row: number;
  readonly column: number;
  readonly style: Style;
  /** Wide cells have runs of their own: no font makes them exactly twice as wide as the others. */
  readonly wide: boolean;
  text: string;
  cells: number;
}

/** What is on the emulator's screen as a picture: a text a run of cells of one style, each held to its columns. */
export function screenSvg(emulator: Terminal, title: string): string {
  const runs = runsOf(emulator);
  const classes = new Map<string, string>();
  const classOf = (css: string): string => {
    const name = classes.get(css) ?? `c${classes.size}`;
    classes.set(css, name);
    return name;
  };
  const shapes = [...runs.flatMap((run) => backgroundOf(run, classOf)), ...runs.flatMap((run) => inkOf(run, classOf))];
  const width = number(emulator.cols * CELL_WIDTH + 2 * MARGIN);
  const height = number(emulator.rows * CELL_HEIGHT + 2 * MARGIN);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>text{font:${FONT_SIZE}px "DejaVu Sans Mono",Menlo,Consolas,"Liberation Mono",monospace;white-space:pre}${[...classes].map(([css, name]) => `.${name}{${css}}`).join("")}</style>`,
    `<rect width="100%" height="100%" rx="6" fill="${DARK.background}"/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})" xml:space="preserve">`,
    ...shapes,
    "</g></svg>",
    "",
  ].join("\n");
}

function runsOf(emulator: Terminal): Run[] {
  const { active } = emulator.buffer;
  const runs: Run[] = [];
  for (let row = 0; row < emulator.rows; row += 1) {
    const line = active.getLine(active.baseY + row);
    let last: Run | undefined;
    for (let column = 0; column < emulator.cols; column += 1) {
      const cell = line?.getCell(column);
      if (cell === undefined || cell.getWidth() === 0) continue;
      const style = styleOf(cell);
      const wide = cell.getWidth() === 2;
      const text = cell.isInvisible() !== 0 || cell.getChars() === "" ? " " : cell.getChars();
      if (last === undefined || last.wide !== wide || !same(last.style, style) || isBlock(last.text) !== isBlock(text)) {
        last = { row, column, style, wide, text: "", cells: 0 };
        runs.push(last);
      }
      last.text += text;
      last.cells += cell.getWidth();
    }
  }
  return runs;
}

function styleOf(cell: IBufferCell): Style {
  const fill = cell.isFgDefault() ? DARK.foreground : colour(cell.getFgColor(), cell.isFgRGB());
  const background = cell.isBgDefault() ? DARK.background : colour(cell.getBgColor(), cell.isBgRGB());
  const shared = { bold: cell.isBold() !== 0, dim: cell.isDim() !== 0 };
  return cell.isInverse() === 0 ? { ...shared, fill, background } : { ...shared, fill: background, background: fill };
}

function same(one: Style, other: Style): boolean {
  return one.fill === other.fill && one.background === other.background && one.bold === other.bold && one.dim === other.dim;
}

function backgroundOf({ row, column, cells, style }: Run, classOf: (css: string) => string): string[] {
  if (style.background === DARK.background) return [];
  return [`<rect class="${classOf(`fill:${style.background}`)}" x="${at(column)}" y="${number(row * CELL_HEIGHT)}" width="${at(cells)}" height="${CELL_HEIGHT}"/>`];
}

function inkOf(run: Run, classOf: (css: string) => string): string[] {
  const { fill, bold, dim } = run.style;
  const paint = `fill:${fill}${dim ? ";opacity:.6" : ""}`;
  if (isBlock(run.text)) return [`<path class="${classOf(paint)}" d="${blocksPath(run)}"/>`];
  const name = classOf(`${paint}${bold ? ";font-weight:700" : ""}`);
  // Each word of a table at its own column: what a font's other characters are too wide or narrow by does not add up over the line.
  return [...run.text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: text, index }) => {
    const column = run.column + Bun.stringWidth(run.text.slice(0, index));
    return `<text class="${name}" x="${at(column)}" y="${run.row * CELL_HEIGHT + BASELINE}" textLength="${at(Bun.stringWidth(text))}" lengthAdjust="spacingAndGlyphs">${escaped(text)}</text>`;
  });
}

/** U+2581 to U+2588, the lower eighths of a cell: drawn, since fonts leave gaps between them. */
function isBlock(text: string): boolean {
  return /^[\u2581-\u2588]/.test(text);
}

/** Neighbours of one height are one rectangle. */
function blocksPath({ row, column, text }: Run): string {
  let path = "";
  let done = 0;
  for (const [same] of text.matchAll(/(.)\1*/gu)) {
    const height = (((same.codePointAt(0) ?? 0x2588) - 0x2580) / 8) * CELL_HEIGHT;
    path += `M${at(column + done)} ${number((row + 1) * CELL_HEIGHT)}v-${number(height)}h${at(same.length)}v${number(height)}z`;
    done += same.length;
  }
  return path;
}

function at(columns: number): string {
  return number(columns * CELL_WIDTH);
}

function number(value: number): string {
  return String(Number(value.toFixed(1)));
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
