/** A line of a difference. */
export interface Change {
  readonly kind: "same" | "gone" | "new";
  readonly text: string;
}

/** So many lines that differ are compared exactly; a text that is another altogether is shown as gone and new. */
const MOST_EDITS = 1_000;

/** What was done to a text, line by line: the shortest way from one to the other (Myers, "An O(ND) difference algorithm", 1986). */
export function difference(before: readonly string[], after: readonly string[]): Change[] {
  const trace = walk(before, after);
  if (trace === undefined) return [...before.map((text): Change => ({ kind: "gone", text })), ...after.map((text): Change => ({ kind: "new", text }))];
  const changes: Change[] = [];
  let x = before.length;
  let y = after.length;
  for (let edits = trace.length - 1; edits >= 0; edits -= 1) {
    const reached = trace[edits] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = edits > 0 && (diagonal === -edits || (diagonal !== edits && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1)));
    const from = down ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (reached.get(from) ?? 0);
    const fromY = edits === 0 ? 0 : fromX - from;
    const [startX, startY] = edits === 0 ? [0, 0] : down ? [fromX, fromY + 1] : [fromX + 1, fromY];
    while (x > startX && y > startY) {
      x -= 1;
      y -= 1;
      changes.push({ kind: "same", text: before[x] ?? "" });
    }
    if (edits === 0) break;
    changes.push(down ? { kind: "new", text: after[fromY] ?? "" } : { kind: "gone", text: before[fromX] ?? "" });
    x = fromX;
    y = fromY;
  }
  return changes.reverse();
}

/** For each number of edits how far each diagonal was reached before it; undefined when there are too many. */
function walk(before: readonly string[], after: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = [];
  const reached = new Map<number, number>([[1, 0]]);
  for (let edits = 0; edits <= Math.min(MOST_EDITS, before.length + after.length); edits += 1) {
    trace.push(new Map(reached));
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const down = diagonal === -edits || (diagonal !== edits && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1));
      let x = down ? (reached.get(diagonal + 1) ?? 0) : (reached.get(diagonal - 1) ?? 0) + 1;
      let y = x - diagonal;
      while (x < before.length && y < after.length && before[x] === after[y]) {
        x += 1;
        y += 1;
      }
      reached.set(diagonal, x);
      if (x >= before.length && y >= after.length) return trace;
    }
  }
  return undefined;
}
