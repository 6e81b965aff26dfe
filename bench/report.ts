/** One line of the table. Figures are medians; `raw` has them all. */
export interface Row {
  readonly measure: string;
  readonly unit: string;
  readonly floor?: number;
  readonly nexus?: number;
  /** nexus / floor, the median of the rounds' own ratios. */
  readonly ratio?: number;
  /** What it is held to, as a person reads it; without one the row informs. */
  readonly limit?: string;
  readonly ok?: boolean;
  readonly note?: string;
  readonly raw?: Readonly<Record<string, readonly number[]>>;
}

const HEAD = ["measure", "unit", "floor", "nexus", "ratio", "limit", ""] as const;

/** The whole table as text; notes stand below it. */
export function tableOf(rows: readonly Row[]): string {
  const notes = [...new Set(rows.flatMap(({ note }) => (note === undefined ? [] : [note])))];
  const lines = rows.map((row) => [
    row.note === undefined ? row.measure : `${row.measure} [${notes.indexOf(row.note) + 1}]`,
    row.unit,
    figure(row.floor),
    figure(row.nexus),
    row.ratio === undefined ? "" : `${row.ratio.toFixed(2)}x`,
    row.limit ?? "",
    row.ok === undefined ? "" : row.ok ? "ok" : "MISS",
  ]);
  const widths = HEAD.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column]?.length ?? 0)));
  const numeric = (column: number): boolean => column >= 2 && column <= 4;
  const print = (line: readonly string[]): string => line.map((cell, column) => (numeric(column) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0))).join("  ").trimEnd();
  const text = [print(HEAD), print(widths.map((width) => "-".repeat(width))), ...lines.map(print)];
  return [...text, ...(notes.length === 0 ? [] : [""]), ...notes.map((note, index) => `[${index + 1}] ${note}`), ""].join("\n");
}

/** Three significant digits, thousands apart. */
function figure(value: number | undefined): string {
  if (value === undefined) return "";
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US").replaceAll(",", " ");
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
