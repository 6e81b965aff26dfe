import { say } from "./output.ts";

/** The first `limit` of a list that was asked for with one more; says on stderr that there are others. */
export function cutList<Item>(items: readonly Item[], limit: number): readonly Item[] {
  if (items.length > limit) say(`only the first ${limit} are listed: --last N lists more`);
  return items.slice(0, limit);
}
