import type { Done, RunCommand } from "./run-command.ts";

/** An operator's evening; older ones go. */
const MOST_KEPT = 200;

/** What was done from here, newest first, and what of it can be undone. */
export class CommandLog {
  readonly #run: RunCommand;
  readonly #readonly: boolean;
  readonly #now: () => number;
  #done: readonly Done[] = [];
  #last = 0;

  constructor(options: { readonly run: RunCommand; readonly readonly: boolean; readonly now: () => number }) {
    this.#run = options.run;
    this.#readonly = options.readonly;
    this.#now = options.now;
  }

  get entries(): readonly Done[] {
    return this.#done;
  }

  /** What `undo` would undo. */
  get undoable(): Done | undefined {
    return this.#done.find(({ ok, undo, undone }) => ok && undo !== undefined && undone === undefined);
  }

  /** The only way by which a dashboard changes anything: with --readonly nothing passes that does. */
  async run(words: readonly string[], how: { readonly reads: boolean; readonly undo?: readonly string[] | undefined }): Promise<Done> {
    const refused = this.#readonly && !how.reads;
    const { ok, said } = refused ? { ok: false, said: ["this dashboard is read-only: start it without --readonly to change things"] } : await this.#run(words);
    this.#last += 1;
    const done: Done = { id: this.#last, at: this.#now(), words, ok, said, ...(how.undo === undefined ? {} : { undo: how.undo }) };
    this.#done = [done, ...this.#done].slice(0, MOST_KEPT);
    return done;
  }

  /** Undoes the last that can be; undefined when there is none. */
  async undo(): Promise<Done | undefined> {
    const done = this.undoable;
    if (done?.undo === undefined) return undefined;
    const result = await this.run(done.undo, { reads: false });
    if (result.ok) this.#done = this.#done.map((one) => (one.id === done.id ? { ...one, undone: true } : one));
    return result;
  }
}
