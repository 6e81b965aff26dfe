import type { ApiHost } from "./api/host.ts";
import { daemonRoute } from "./api/routes/daemon.ts";
import { dryRunRoute } from "./api/routes/dry-runs.ts";
import { noticesRoute } from "./api/routes/notices.ts";
import { probeRoutes } from "./api/routes/probes.ts";
import { ApiServer } from "./api/server.ts";
import { socketPath } from "./api/socket-path.ts";
import { servicesOf } from "./clients/llm.ts";
import type { Services } from "./clients/services.ts";
import type { Config } from "./config.ts";
import type { NexusError } from "./core/errors.ts";
import { NO_SECRETS, type Redactor } from "./core/redactor.ts";
import { VERSION } from "./core/version.ts";
import type { Isolation } from "./runtime/sandbox/isolation.ts";
import { startLlm } from "./start-llm.ts";
import { noticesAfter, noticeSpan } from "./store/notices.ts";
import type { Store } from "./store/open.ts";

interface ApiParts {
  readonly home: string;
  readonly config: Config;
  readonly redactor?: Redactor;
  readonly services?: Services;
  readonly isolation: Isolation;
  /** Unix ms. */
  readonly startedAt: number;
  /** As it is now. */
  readonly daemon: { readonly store: Store; readonly trouble: NexusError | undefined };
}

/** The API of a daemon, listening. Throws when its socket cannot be there. */
export function startApi({ home, config, redactor = NO_SECRETS, services, isolation, startedAt, daemon }: ApiParts): ApiServer {
  const path = socketPath(home);
  const facts = { pid: process.pid, version: VERSION, started_at: new Date(startedAt).toISOString(), home, socket: path, durability: config.durability, isolation: isolation.mechanism };
  const same = { home, config, redactor, isolation, services: services ?? servicesOf(startLlm(config, home)) };
  const host: ApiHost = {
    facts,
    get trouble() {
      return daemon.trouble;
    },
    notices: { span: () => noticeSpan(daemon.store), after: (seq, limit) => noticesAfter(daemon.store, seq, limit) },
    get dryRunParts() {
      return { ...same, store: daemon.store };
    },
  };
  return new ApiServer({ path, routes: [...probeRoutes(host), daemonRoute(host), dryRunRoute(host), noticesRoute(host)], trouble: () => daemon.trouble });
}
