import type { AgentSettings } from "../core/agent-settings.ts";
import type { NewEvent } from "../core/event.ts";
import type { IdFactory } from "../core/ids.ts";
import type { NoticeKind } from "../core/notice.ts";
import type { Stages } from "../core/request.ts";
import type { OutboundSettings } from "../core/outbound-settings.ts";
import type { ProcessMark } from "../core/turn.ts";
import type { Store } from "../store/open.ts";
import type { Outbound } from "./outbound/outbound.ts";
import type { Runner } from "./runners/runner.ts";
import type { BrokerSettings } from "./settings.ts";

/** What the Broker stands on. */
export interface BrokerParts {
  readonly store: Store;
  readonly ids: IdFactory;
  /** Unix ms. */
  readonly now: () => number;
  /** The daemon's start that this is. */
  readonly epoch: number;
  readonly home: string;
  readonly settings: BrokerSettings;
  /** Runs `work` in the next transaction, `committed` after it. */
  readonly commit: (work: () => void, committed?: () => void) => void;
  /** Inside a transaction: stores events, which are evaluated after it. Throws LOOP_STOPPED before it changes anything. */
  readonly accept: (events: readonly NewEvent[]) => void;
  readonly notice: (kind: NoticeKind, hookId: string | undefined, data: Readonly<Record<string, unknown>>) => void;
  /** The hooks of the stages behind the automations. */
  readonly stages: Stages;
  readonly runner: (name: string, settings: AgentSettings) => Runner;
  readonly outbound: (name: string, settings: OutboundSettings) => Outbound;
  /** The Broker looks at what other processes did. */
  readonly looked: () => void;
  /** Ends what a killed daemon left of a turn: its process group, by exact match, and whoever bears its mark. */
  readonly endLeftOver: (turnId: string, mark: ProcessMark | undefined) => Promise<void>;
  /** Between 0 and 1, for the jitter of retries. */
  readonly random: () => number;
}
