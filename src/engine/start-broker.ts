import { dirname } from "node:path";
import { Broker } from "./broker/broker.ts";
import { createOutbound } from "./broker/outbound/create-outbound.ts";
import type { Outbound } from "./broker/outbound/outbound.ts";
import type { BrokerParts } from "./broker/parts.ts";
import { createRunner } from "./broker/runners/create-runner.ts";
import { InboxDesk } from "./broker/runners/inbox.ts";
import type { Runner } from "./broker/runners/runner.ts";
import type { Clock } from "./core/clock.ts";
import type { EngineOptions } from "./engine-options.ts";

interface Given extends Pick<BrokerParts, "ids" | "commit" | "accept" | "notice"> {
  readonly options: EngineOptions;
  readonly clock: Clock;
}

/** The Broker of a daemon, by its settings; one runner for each agent, one adapter for each way out. */
export function startBroker({ options, clock, ids, commit, accept, notice }: Given): Broker {
  const { store, config, start, broker: instead = {} } = options;
  const now = (): number => clock.now();
  const home = options.home ?? dirname(dirname(store.path));
  const desk = new InboxDesk({ store, now, commit });
  const runners = new Map<string, Runner>();
  const outbounds = new Map<string, Outbound>();
  return new Broker({
    store, ids, now, home, commit, accept, notice,
    epoch: start?.epoch ?? 0,
    settings: config,
    looked: () => desk.look(),
    runner: (name, settings) => kept(runners, name, () => (settings.runner === "inbox" ? desk.runner(settings) : createRunner(name, settings, { home }))),
    outbound: (name, settings) => kept(outbounds, name, () => createOutbound(name, settings, { home })),
    endLeftOver: () => Promise.resolve(),
    random: Math.random,
    ...instead,
  });
}

function kept<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  const known = map.get(name) ?? make();
  map.set(name, known);
  return known;
}
