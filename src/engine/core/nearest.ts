/**
 * The candidates that someone may have meant by `word`, best first; at most `max`. Used by every `did_you_mean`.
 *
 * A candidate counts when few edits lead to it (a third of its length, at least one), or when one contains the other:
 * `chanels` finds `channels`, `max_fires` finds `max_fires_per_hour`. What is much farther than the best is left out.
 */
export function nearest(word: string, candidates: Iterable<string>, max = 3): string[] {
  const wanted = word.toLowerCase();
  if (wanted === "") return [];
  const found: { name: string; distance: number }[] = [];
  for (const name of new Set(candidates)) {
    const other = name.toLowerCase();
    const distance = editDistance(wanted, other);
    const allowed = Math.max(1, Math.floor(Math.max(wanted.length, other.length) / 3));
    if (distance <= allowed) found.push({ name, distance });
    else if (wanted.length >= 4 && (other.includes(wanted) || (other.length >= 4 && wanted.includes(other)))) found.push({ name, distance: allowed + 1 });
  }
  found.sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1));
  const best = found[0]?.distance ?? 0;
  return found.filter((entry) => entry.distance <= best + 1).slice(0, max).map((entry) => entry.name);
}

/** Damerau-Levenshtein distance: insert, delete, replace, and swap of neighbours cost 1 each. */
export function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
