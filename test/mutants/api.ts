import type { Mutant } from "./mutant.ts";

const SERVER = "src/engine/api/server.ts";
const SERVER_TEST = ["test/engine/api/server.test.ts"];
const THROUGH = ["test/cli/through-daemon.test.ts"];

/** Each switches one mechanism off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "api-blames-itself", file: SERVER, find: "(this.#options.trouble() ?? asNexusError(error, \"the request failed\"))", replace: "asNexusError(error, \"the request failed\")", tests: SERVER_TEST, filter: "in trouble" },
  { name: "api-without-a-limit", file: SERVER, find: "return this.#open.size < mostRequests ?", replace: "return mostRequests > 0 ?", tests: SERVER_TEST, filter: "number of requests" },
  { name: "body-without-a-limit", file: "src/engine/api/read-json.ts", find: "    if (bytes > maxBytes) throw tooLarge(maxBytes);\n", replace: "    if (bytes > 1e7) throw new Error(\"endless\");\n", tests: SERVER_TEST, filter: "a body has a limit" },
  { name: "api-without-a-deadline", file: "src/engine/api/open-request.ts", find: "if (!this.signal.aborted) this.#timer =", replace: "if (ms < 0) this.#timer =", tests: SERVER_TEST, filter: "has a deadline" },
  { name: "works-for-nobody", file: "src/engine/api/open-request.ts", find: "    request.signal.addEventListener(\"abort\", this.#onGone, { once: true });\n", replace: "", tests: SERVER_TEST, filter: "client went away" },
  { name: "stops-without-a-word", file: SERVER, find: "for (const request of this.#open.keys()) request.end(", replace: "for (const request of [] as OpenRequest[]) request.end(", tests: SERVER_TEST, filter: "a stop tells" },
  { name: "socket-open-to-others", file: SERVER, find: "process.umask(0o177)", replace: "process.umask()", tests: SERVER_TEST, filter: "this user's alone" },
  { name: "stale-socket-stays", file: SERVER, find: "  unlinkSync(path);\n", replace: "", tests: SERVER_TEST, filter: "this user's alone" },
  { name: "always-ready", file: "src/engine/api/routes/probes.ts", find: "host.trouble === undefined ?", replace: "Date.now() > 0 ?", tests: ["test/engine/api/daemon-api.test.ts"], filter: "takes nothing" },
  { name: "dry-runs-without-a-limit", file: "src/engine/api/places.ts", find: "if (this.#taken >= this.#most) await", replace: "if (this.#taken >= 1e9) await", tests: ["test/engine/api/places.test.ts"] },
  { name: "dry-run-by-the-caller", file: "src/cli/commands/hooks-test.ts", find: "const client = await ApiClient.find(call.home);", replace: "const client = await ApiClient.find(`${call.home}/nowhere`);", tests: THROUGH, filter: "the configuration the daemon started with" },
  { name: "alone-instead-of-unreachable", file: "src/cli/commands/hooks-test.ts", find: "await testThrough(client, call, script, event);", replace: "await testThrough(client, call, script, event).catch(() => testAlone(call, script, event));", tests: THROUGH, filter: "dies while it is asked" },
];
