/** A fenced block of code in Markdown. Offsets are UTF-16 units; ends are exclusive. */
export interface Fence {
  /** Where the line that opens it begins. */
  readonly from: number;
  /** Where its first line of code begins. */
  readonly bodyFrom: number;
  /** Where the line that closes it begins; of one that is never closed, the end of the text. */
  readonly bodyTo: number;
  readonly to: number;
  /** The line that opens it, with the language and nothing else. */
  readonly open: string;
  readonly close: string;
}

/** Text after the marks is the info string, which in a fence of backticks has none of them: else it is code in a line. */
const FENCE_LINE = /^[ \t]*(`{3,}|~{3,})(.*)$/s;

interface FenceLine {
  readonly marks: string;
  readonly info: string;
}

/** Of one line without its end; undefined when it neither opens nor closes a fence. */
export function fenceLine(line: string): FenceLine | undefined {
  const [, marks, after] = FENCE_LINE.exec(line) ?? [];
  const info = after?.trim();
  if (marks === undefined || info === undefined || (marks.startsWith("`") && info.includes("`"))) return undefined;
  return { marks, info };
}

/** All fences of a text, in order. */
export function fencesOf(text: string): Fence[] {
  const fences: Fence[] = [];
  let open: { from: number; bodyFrom: number; line: FenceLine } | undefined;
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf("\n", at);
    const end = newline === -1 ? text.length : newline;
    const line = fenceLine(text.slice(at, end));
    if (line !== undefined && open === undefined) open = { from: at, bodyFrom: Math.min(end + 1, text.length), line };
    else if (line !== undefined && open !== undefined && closes(line, open.line)) {
      fences.push({ ...fenceOf(open), bodyTo: at, to: at + text.slice(at, end).trimEnd().length });
      open = undefined;
    }
    at = end + 1;
  }
  if (open !== undefined) fences.push({ ...fenceOf(open), bodyTo: text.length, to: text.length });
  return fences;
}

function closes(line: FenceLine, opened: FenceLine): boolean {
  return line.info === "" && line.marks.startsWith(opened.marks);
}

function fenceOf({ from, bodyFrom, line }: { from: number; bodyFrom: number; line: FenceLine }): Pick<Fence, "from" | "bodyFrom" | "open" | "close"> {
  return { from, bodyFrom, open: `${line.marks}${line.info.split(/\s/, 1)[0] ?? ""}`, close: line.marks };
}
