import type { Config } from "./config.ts";
import type { Notice } from "./core/notice.ts";
import type { Redactor } from "./core/redactor.ts";
import type { EngineOptions } from "./engine-options.ts";
import type { Recorded } from "./pipeline/recorder.ts";
import type { Store } from "./store/open.ts";

export interface DaemonOptions extends Pick<EngineOptions, "onStray" | "services" | "timers"> {
  readonly home: string;
  readonly config: Config;
  /** What must not be written in clear. */
  readonly redactor?: Redactor;
  /** Called after each commit with what it made true, and the store it is in. */
  readonly onRecorded?: (recorded: Recorded, store: Store) => void;
  readonly onNotice?: (notice: Pick<Notice, "kind" | "data">) => void;
}
