import type { Clock } from "../core/clock.ts";
import type { IdFactory } from "../core/ids.ts";
import type { Notice, NoticeKind } from "../core/notice.ts";
import { addNotice } from "../store/notices.ts";
import type { Store } from "../store/open.ts";

interface NoticeWriterParts {
  readonly store: Store;
  readonly ids: IdFactory;
  readonly clock: Clock;
  /** Runs work in the next commit. */
  readonly commit: (work: () => void) => void;
  readonly told: (notice: Notice) => void;
}

/** Records what nexus itself did outside a commit of results: with the running transaction, or with the next one. */
export class NoticeWriter {
  readonly #parts: NoticeWriterParts;

  constructor(parts: NoticeWriterParts) {
    this.#parts = parts;
  }

  write(kind: NoticeKind, hookId: string | undefined, data: Readonly<Record<string, unknown>>): void {
    const { store, ids, clock, commit, told } = this.#parts;
    const at = clock.now();
    const notice: Notice = { id: ids.make("ntc", at), at, kind, ...(hookId === undefined ? {} : { hook_id: hookId }), data };
    if (store.db.inTransaction) addNotice(store, notice);
    else commit(() => addNotice(store, notice));
    told(notice);
  }
}
