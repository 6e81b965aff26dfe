import type { Notice } from "../core/notice.ts";

/** A notice with its place among all of them. */
export interface NumberedNotice extends Notice {
  readonly seq: number;
}

/** The notices of a home, as far as the API needs them. Asked anew each time, as the daemon's store is. */
export interface NoticeSource {
  /** The seqs there are; undefined for none. */
  readonly span: () => { readonly first: number; readonly last: number } | undefined;
  /** What came after a seq, oldest first. */
  readonly after: (seq: number, limit: number) => readonly NumberedNotice[];
}
