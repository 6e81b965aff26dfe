import { spread } from "./overview.ts";
import type { ReaderHome } from "./reader-home.ts";

/** What a hook did in each five minutes of the last 24 hours, oldest first. */
export interface HookDay {
  readonly invocations: readonly number[];
  readonly fires: readonly number[];
  readonly errors: readonly number[];
}

export function readHookDay({ stats }: ReaderHome, { id, now }: { readonly id: string; readonly now: number }): HookDay {
  const buckets = stats.buckets(id, now);
  return { invocations: spread(buckets, now, ({ invocations }) => invocations), fires: spread(buckets, now, ({ fires }) => fires), errors: spread(buckets, now, ({ errors }) => errors) };
}
