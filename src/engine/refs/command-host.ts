import type { Services } from "../clients/services.ts";
import type { Config } from "../config.ts";
import { systemClock } from "../core/clock.ts";
import { createIds } from "../core/ids.ts";
import { Identity } from "../pipeline/identity.ts";
import { chooseIsolation, type Isolation } from "../runtime/sandbox/isolation.ts";
import { insertEvents } from "../store/events.ts";
import type { Store } from "../store/open.ts";
import { refuseWhenFull } from "../store/waiting.ts";
import { foreignOf } from "./foreign.ts";
import type { RefHost } from "./frame.ts";
import { Handlers } from "./handlers.ts";

interface CommandParts {
  readonly store: Store;
  /** Absolute. */
  readonly home: string;
  readonly config: Config;
  readonly services: Services;
}

/** For a command that updates refs by itself, whether a daemon runs or not. */
export function commandHost({ store, home, config, services }: CommandParts): RefHost & AsyncDisposable {
  const { events, access, persona } = config;
  let isolation: Isolation | undefined;
  const handlers = new Handlers({ config, store, services, isolation: () => isolation });
  const foreign = foreignOf(handlers, { home, limits: config.refs, env: process.env, now: Date.now });
  return {
    store, config,
    clock: systemClock,
    ids: createIds(),
    transaction: (work) => store.write(work),
    accept: (given) => {
      refuseWhenFull(store, events.max_waiting, given);
      const { standingOf } = new Identity({ store, policies: access, persona });
      insertEvents(store, given, { maxDepth: events.max_depth, maxChain: events.max_chain, standingOf });
    },
    foreign: async (job) => {
      isolation ??= await chooseIsolation(config.isolation);
      return await foreign(job);
    },
    [Symbol.asyncDispose]: () => handlers[Symbol.asyncDispose](),
  };
}
