import { Broker } from "./broker/broker.ts";
import { createOutbound } from "./broker/outbound/create-outbound.ts";
import type { Outbound } from "./broker/outbound/outbound.ts";
import type { BrokerParts } from "./broker/parts.ts";
import { createRunner } from "./broker/runners/create-runner.ts";
import type { AgentFetch } from "./broker/runners/http-runner.ts";
import { InboxDesk } from "./broker/runners/inbox.ts";
import { endMarked } from "./broker/runners/process-mark.ts";
import type { Runner } from "./broker/runners/runner.ts";
import { guardedResponse } from "./clients/guarded-fetch.ts";
import type { Llm } from "./clients/llm.ts";
import type { Clock } from "./core/clock.ts";
import type { EngineOptions } from "./engine-options.ts";

interface Given extends Pick<BrokerParts, "home" | "ids" | "commit" | "accept" | "notice" | "stages"> {
  readonly options: EngineOptions;
  readonly clock: Clock;
  readonly llm: Llm;
}

/** The Broker of a daemon, by its settings; one runner for each agent, one adapter for each way out. */
export function startBroker({ options, home, clock, llm, ids, commit, accept, notice, stages }: Given): Broker {
  const { store, config, start, broker: instead = {} } = options;
  const now = (): number => clock.now();
  const desk = new InboxDesk({ store, now, commit });
  const runners = new Map<string, Runner>();
  const outbounds = new Map<string, Outbound>();
  return new Broker({
    store, ids, now, home, commit, accept, notice, stages,
    epoch: start?.epoch ?? 0,
    settings: config,
    looked: () => desk.look(),
    runner: (name, settings) => kept(runners, name, () => (settings.runner === "inbox" ? desk.runner(settings) : createRunner(name, settings, { home, llm, fetch: agentFetch }))),
    outbound: (name, settings) => kept(outbounds, name, () => createOutbound(name, settings, { home })),
    endLeftOver: async (turnId, mark) => void (await endMarked(mark ?? NO_PROCESS, turnId)),
    random: Math.random,
    ...instead,
  });
}

/** The turn was begun, and no process of it was recorded: only its mark may be found. */
const NO_PROCESS = { pid: 0, pgid: 0, started: "" };

const agentFetch: AgentFetch = (url, init, { allow_private }) =>
  guardedResponse({ url, method: "POST", headers: new Headers(init.headers), body: typeof init.body === "string" ? init.body : "", allowPrivate: allow_private }, init.signal ?? new AbortController().signal);

function kept<Value>(map: Map<string, Value>, name: string, make: () => Value): Value {
  const known = map.get(name) ?? make();
  map.set(name, known);
  return known;
}
