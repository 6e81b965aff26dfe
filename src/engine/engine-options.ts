import type { BrokerParts } from "./broker/parts.ts";
import type { Llm } from "./clients/llm.ts";
import type { Services } from "./clients/services.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./core/clock.ts";
import type { IdFactory } from "./core/ids.ts";
import type { Notice } from "./core/notice.ts";
import type { Recorded } from "./pipeline/recorder.ts";
import type { Runtime, RuntimeEvents } from "./runtime/runtime.ts";
import type { Isolation } from "./runtime/sandbox/isolation.ts";
import type { Start } from "./store/epoch.ts";
import type { Store } from "./store/open.ts";

export interface EngineOptions {
  readonly store: Store;
  readonly config: Config;
  readonly clock?: Clock;
  readonly ids?: IdFactory;
  /** Instead of the model of `[llm]`. */
  readonly llm?: Llm;
  readonly services?: Services;
  /** What hooks are put into; without it `config.isolation` and the machine decide when the engine starts. */
  readonly isolation?: Isolation;
  /** Instead of real agents and adapters: a test's own, or the simulation's. */
  readonly broker?: Partial<Pick<BrokerParts, "runner" | "outbound" | "endLeftOver" | "random">>;
  /** Folder of the home, which agents and adapters are given; default: where the database is. */
  readonly home?: string;
  /** Timer ticks and schedules; off when a caller moves time itself. */
  readonly timers?: boolean;
  /** What runs the hooks, instead of evaluator processes: the simulation's. */
  readonly runtime?: (events: RuntimeEvents) => Runtime;
  /** Runs a callback in a later turn of the event loop; the simulation has a loop of its own. Default `setImmediate`. */
  readonly later?: (callback: () => void) => void;
  /** Called after each commit with what it made true. */
  readonly onRecorded?: (recorded: Recorded) => void;
  /** What nexus itself did outside a commit of results. */
  readonly onNotice?: (notice: Notice) => void;
  /** What hook code wrote past the capture. */
  readonly onStray?: (text: string) => void;
  /** A commit failed: what this engine holds in memory may not be what is stored. It does nothing more; build a new one. */
  readonly onFatal?: (error: unknown) => void;
  /** What the start of the daemon found; without a daemon there was none. */
  readonly start?: Start;
}
