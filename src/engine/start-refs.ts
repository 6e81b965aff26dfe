import type { Services } from "./clients/services.ts";
import type { Clock } from "./core/clock.ts";
import type { NewEvent } from "./core/event.ts";
import type { IdFactory } from "./core/ids.ts";
import type { NoticeKind } from "./core/notice.ts";
import type { EngineOptions } from "./engine-options.ts";
import { foreignOf } from "./refs/foreign.ts";
import { Handlers } from "./refs/handlers.ts";
import { RefWork } from "./refs/ref-work.ts";
import type { Isolation } from "./runtime/sandbox/isolation.ts";

interface Given {
  readonly options: EngineOptions;
  readonly home: string;
  readonly clock: Clock;
  readonly ids: IdFactory;
  readonly services: Services;
  readonly isolation: () => Isolation | undefined;
  readonly transaction: <T>(work: () => T) => T;
  readonly commit: (work: () => void) => Promise<void>;
  readonly accept: (events: readonly NewEvent[]) => void;
  readonly notice: (kind: NoticeKind, data: Readonly<Record<string, unknown>>) => void;
  readonly rested: () => void;
}

/** The daemon's work for refs, by its settings: webhooks, runs, and the scripts that belong to them. */
export function startRefs({ options: { store, config }, home, clock, ids, services, isolation, transaction, commit, accept, notice, rested }: Given): RefWork {
  const handlers = new Handlers({ config, store, isolation, services, clock });
  const webhooks = { home, limits: config.refs, env: process.env, now: () => clock.now() };
  const host = { store, config, clock, ids, transaction, accept, foreign: foreignOf(handlers, webhooks) };
  return new RefWork({ host, handlers, webhooks, commit, notice, random: Math.random, rested });
}
