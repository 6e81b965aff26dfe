import { jsonAnswer } from "../answers.ts";
import type { ApiHost } from "../host.ts";
import type { Route } from "../route.ts";
import type { DaemonView } from "../wire.ts";

/** Which daemon this is, and how it runs. */
export function daemonRoute(host: ApiHost): Route {
  return {
    method: "GET",
    path: "/v1/daemon",
    answer: () => {
      const view: DaemonView = { ...host.facts, ready: host.trouble === undefined };
      return jsonAnswer(view);
    },
  };
}
