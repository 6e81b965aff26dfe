import { isTerminal, printable } from "./output.ts";

/** Columns without borders, two spaces apart. On a terminal the last column is cut to its width; a pipe gets all. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((row) => row.map((cell) => printable(cell)));
  const widths = head.map((_, column) => Math.max(...lines.map((row) => Bun.stringWidth(row[column] ?? ""))));
  const width = isTerminal() ? process.stdout.columns : Number.POSITIVE_INFINITY;
  return lines
    .map((row) => {
      const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell + " ".repeat((widths[column] ?? 0) - Bun.stringWidth(cell)))).join("  ");
      return Bun.stringWidth(line) > width ? Bun.sliceAnsi(line, 0, width - 1).concat("…") : line;
    })
    .join("\n");
}
