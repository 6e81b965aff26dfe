import type { NexusError } from "../core/errors.ts";
import type { DryRunParts } from "../dry-run.ts";
import type { NoticeSource } from "./notice-source.ts";
import type { DaemonView } from "./wire.ts";

/** The daemon, as far as its API needs it. Asked anew each time: a daemon that reopens its database has another store. */
export interface ApiHost {
  readonly facts: Omit<DaemonView, "ready">;
  /** Why it does nothing at the moment; undefined when it is well. */
  readonly trouble: NexusError | undefined;
  readonly notices: NoticeSource;
  /** Its own settings, isolation and store. */
  readonly dryRunParts: DryRunParts;
}
