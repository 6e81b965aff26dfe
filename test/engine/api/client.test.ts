import { afterEach, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ApiClient } from "../../../src/engine/api/client.ts";
import { socketPath } from "../../../src/engine/api/socket-path.ts";
import type { DryRunRequest } from "../../../src/engine/api/wire.ts";
import { tempHome } from "../../helpers/temp-home.ts";

const left: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

const VIEW = { pid: 1, version: "9.9.9", started_at: "2026-01-01T00:00:00Z", home: "/", socket: "/", durability: "full", isolation: "none", ready: true, of_a_newer_version: 1 };
const REQUEST: DryRunRequest = {
  script: { slug: "a", bundle: "x", metadata: { name: "a", mode: "persistent", stage: "runAutomations", priority: 0, isolation: "warm", config: {}, limits: { timeout_ms: 1_000, concurrency: 1, memory_mb: 64, llm_calls: 0 } } },
  event: {},
};

function home(): string {
  const made = tempHome();
  left.push(() => made[Symbol.dispose]());
  mkdirSync(join(made.path, "state"));
  return made.path;
}

/** A daemon of which only the answer to a dry run is asked here. */
function daemonThatAnswers(answer: (server: Bun.Server<undefined>) => Response | Promise<Response>): string {
  const at = home();
  const server: Bun.Server<undefined> = Bun.serve({ unix: socketPath(at), fetch: (request) => (request.method === "GET" ? Response.json(VIEW) : answer(server)) });
  left.push(() => server.stop(true));
  return at;
}

async function codeOf(at: string): Promise<string> {
  const client = await ApiClient.find(at);
  return await client!.dryRun(REQUEST).then(() => "none", (error: { code: string }) => error.code);
}

test("where nobody listens there is no daemon", async () => {
  expect(await ApiClient.find("/nowhere")).toBeUndefined();
  const at = home();
  expect(await ApiClient.find(at)).toBeUndefined();
  writeFileSync(socketPath(at), "");
  expect(await ApiClient.find(at)).toBeUndefined();
});

test("a daemon that is there and says nothing is an error, not an absence", async () => {
  const at = home();
  const silent = Bun.listen({ unix: socketPath(at), socket: { data: () => undefined } });
  left.push(() => silent.stop(true));
  expect(await ApiClient.find(at, 20).catch((error: { code: string }) => error.code)).toBe("DAEMON_UNREACHABLE");
});

test("its errors keep their code; what says nothing of the script is DAEMON_UNREACHABLE", async () => {
  const error = (code: string, status: number): string => daemonThatAnswers(() => Response.json({ error: { code, message: "m", retryable: false } }, { status }));
  expect(await codeOf(error("EVENT_NOT_FOUND", 404))).toBe("EVENT_NOT_FOUND");
  expect(await codeOf(error("INTERRUPTED", 503))).toBe("DAEMON_UNREACHABLE");
  expect(await codeOf(error("OF_A_NEWER_VERSION", 500))).toBe("DAEMON_UNREACHABLE");
  expect(await codeOf(daemonThatAnswers(() => new Response("<html>", { status: 500 })))).toBe("DAEMON_UNREACHABLE");
  const gone = daemonThatAnswers(async (server) => {
    await server.stop(true);
    return new Response();
  });
  expect(await codeOf(gone)).toBe("DAEMON_UNREACHABLE");
});
