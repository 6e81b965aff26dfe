import { errorAnswer, jsonAnswer } from "../answers.ts";
import type { ApiHost } from "../host.ts";
import type { Route } from "../route.ts";

/** For whoever supervises the daemon: is it alive, and does it take work. */
export function probeRoutes(host: ApiHost): Route[] {
  return [
    { method: "GET", path: "/healthz", probe: true, answer: () => jsonAnswer({ live: true }) },
    { method: "GET", path: "/readyz", probe: true, answer: () => (host.trouble === undefined ? jsonAnswer({ ready: true }) : errorAnswer(host.trouble)) },
  ];
}
