import { afterEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jsonAnswer } from "../../../src/engine/api/answers.ts";
import type { Ask, Route } from "../../../src/engine/api/route.ts";
import { ApiServer, type ApiServerOptions } from "../../../src/engine/api/server.ts";
import { NexusError } from "../../../src/engine/core/errors.ts";
import { tempHome } from "../../helpers/temp-home.ts";

type Said = { readonly status: number; readonly headers: Headers; readonly body: { readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean; readonly hint?: string; readonly next?: readonly string[] } } & Record<string, unknown> };

const left: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of left.splice(0)) await end();
});

function open(routes: readonly Route[], options: Partial<ApiServerOptions> = {}): { readonly api: ApiServer; readonly path: string; readonly ask: (path: string, init?: BunFetchRequestInit) => Promise<Said> } {
  const home = tempHome();
  const path = options.path ?? join(home.path, "nexus.sock");
  const api = new ApiServer({ path, routes, trouble: () => undefined, ...options });
  left.push(() => api.stop(0), () => home[Symbol.dispose]());
  const ask = async (to: string, init: BunFetchRequestInit = {}): Promise<Said> => {
    const response = await fetch(`http://nexus${to}`, { unix: path, ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as Said["body"]) };
  };
  return { api, path, ask };
}

/** A route whose requests stay open until the test lets them go. */
function held(): { readonly route: Route; readonly came: (count: number) => Promise<readonly Ask[]>; readonly release: () => void } {
  const asks: Ask[] = [];
  const gate = Promise.withResolvers<void>();
  let watcher = (): void => undefined;
  return {
    route: { method: "POST", path: "/held", answer: (ask) => (asks.push(ask), watcher(), gate.promise.then(() => jsonAnswer({ done: true }))) },
    came: async (count) => {
      while (asks.length < count) await new Promise<void>((resolve) => (watcher = resolve));
      return asks;
    },
    release: () => gate.resolve(),
  };
}

const live: Route = { method: "GET", path: "/live", probe: true, answer: () => jsonAnswer({ live: true }) };
const part: Route = { method: "GET", path: "/parts/:part", answer: ({ request }) => jsonAnswer({ part: new URL(request.url).pathname }) };

test("errors are the command's error object, each with its status", async () => {
  const throwing: Route = { method: "GET", path: "/throws", answer: () => { throw new TypeError("oh"); } };
  const refusing: Route = { method: "GET", path: "/refuses", answer: () => Promise.reject(new NexusError("EVENT_NOT_FOUND", "no such event", { hint: "look", next: ["nexus events list"] })) };
  const { ask } = open([live, part, throwing, refusing]);
  expect(await ask("/live")).toMatchObject({ status: 200, body: { live: true } });
  expect((await ask("/live", { method: "HEAD" })).status).toBe(200);
  expect(await ask("/parts/one")).toMatchObject({ status: 200, body: { part: "/parts/one" } });
  expect(await ask("/none")).toMatchObject({ status: 404, body: { error: { code: "ROUTE_UNKNOWN", retryable: false } } });
  const wrong = await ask("/live", { method: "POST", body: "{}" });
  expect([wrong.status, wrong.headers.get("allow"), wrong.body.error?.code]).toEqual([405, "GET", "METHOD_NOT_ALLOWED"]);
  const refused = await ask("/refuses");
  expect([refused.status, refused.body.error]).toEqual([404, { code: "EVENT_NOT_FOUND", message: "no such event", retryable: false, hint: "look", next: ["nexus events list"] }]);
  expect(await ask("/throws")).toMatchObject({ status: 500, body: { error: { code: "BUG" } } });
});

// switch: mutant api-blames-itself
test("what fails because the daemon is in trouble is put down to that", async () => {
  const trouble = new NexusError("DAEMON_DEGRADED", "reopening");
  const { ask } = open([{ method: "GET", path: "/throws", answer: () => { throw new Error("closed database"); } }], { trouble: () => trouble });
  const said = await ask("/throws");
  expect([said.status, said.headers.get("retry-after"), said.body.error]).toEqual([503, "1", { code: "DAEMON_DEGRADED", message: "reopening", retryable: true }]);
});

// switch: mutant api-without-a-limit
test("over the number of requests at once it says QUEUE_FULL, and probes are answered all the same", async () => {
  const { route, came, release } = held();
  const { ask } = open([route, live, part], { mostRequests: 2 });
  const first = [ask("/held", { method: "POST" }), ask("/held", { method: "POST" })];
  await came(2);
  expect(await ask("/parts/one")).toMatchObject({ status: 503, body: { error: { code: "QUEUE_FULL", retryable: true } } });
  expect((await ask("/live")).status).toBe(200);
  release();
  expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
  expect((await ask("/parts/one")).status).toBe(200);
});

// switch: mutant body-without-a-limit
test("a body has a limit, whether it says its length or not, and must be JSON", async () => {
  const reads: Route = { method: "POST", path: "/reads", answer: async (ask) => jsonAnswer({ read: await ask.json(1_000) }) };
  const { ask } = open([reads]);
  const post = (body: BunFetchRequestInit["body"]): Promise<Said> => ask("/reads", { method: "POST", ...(body === undefined ? {} : { body }) });
  expect((await post('{"a":1}')).body).toEqual({ read: { a: 1 } });
  expect(await post(`"${"x".repeat(2_000)}"`)).toMatchObject({ status: 413, body: { error: { code: "REQUEST_TOO_LARGE" } } });
  const unsaid = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(600)) });
  expect(await post(unsaid)).toMatchObject({ status: 413, body: { error: { code: "REQUEST_TOO_LARGE" } } });
  for (const wrong of ["{", "", new Uint8Array([0x22, 0xff, 0x22])]) expect(await post(wrong)).toMatchObject({ status: 400, body: { error: { code: "REQUEST_INVALID" } } });
});

// switch: mutant api-without-a-deadline
test("a request has a deadline, which ends its work, too", async () => {
  const { route, came } = held();
  const { ask } = open([route], { deadlineMs: 5 });
  expect(await ask("/held", { method: "POST" })).toMatchObject({ status: 504, body: { error: { code: "REQUEST_TIMEOUT", retryable: true } } });
  const [asked] = await came(1);
  expect(asked?.signal.reason).toMatchObject({ code: "REQUEST_TIMEOUT" });
}, 10_000);

// switch: mutant works-for-nobody
test("whose client went away ends", async () => {
  const { route, came } = held();
  const { ask } = open([route]);
  const client = new AbortController();
  const answer = ask("/held", { method: "POST", signal: client.signal }).catch((error: Error) => error.name);
  const [asked] = await came(1);
  const gone = new Promise<void>((resolve) => asked?.signal.addEventListener("abort", () => resolve()));
  client.abort();
  expect(await answer).toBe("AbortError");
  await gone;
  expect(asked?.signal.reason).toMatchObject({ code: "INTERRUPTED" });
}, 10_000);

test("a stop answers what is under way, lets nobody in, and takes the socket away", async () => {
  const { route, came, release } = held();
  const { api, path, ask } = open([route]);
  const first = ask("/held", { method: "POST" });
  await came(1);
  const stopped = api.stop(10_000);
  expect(existsSync(path)).toBe(false);
  expect(await ask("/held").catch((error: { code: string }) => error.code)).toBe("ENOENT");
  release();
  expect(await first).toMatchObject({ status: 200, body: { done: true } });
  await stopped;
}, 15_000);

// switch: mutant stops-without-a-word
test("a stop tells whom it does not answer in time", async () => {
  const { route, came } = held();
  const { api, ask } = open([route]);
  const first = ask("/held", { method: "POST" });
  const [asked] = await came(1);
  await api.stop(0);
  expect(await first).toMatchObject({ status: 503, body: { error: { code: "INTERRUPTED", message: "the daemon is stopping" } } });
  expect(asked?.signal.aborted).toBe(true);
}, 10_000);

// switch: mutants socket-open-to-others, stale-socket-stays
test("the socket is this user's alone; one that a killed daemon left is replaced, anything else is left alone", async () => {
  using home = tempHome();
  const path = join(home.path, "nexus.sock");
  const child = Bun.spawn([process.execPath, "-e", `Bun.serve({ unix: ${JSON.stringify(path)}, fetch: () => new Response() }); console.log("up")`], { stdin: "ignore", stdout: "pipe", stderr: "inherit" });
  await child.stdout.getReader().read();
  child.kill("SIGKILL");
  await child.exited;
  expect(statSync(path).isSocket()).toBe(true);
  const mask = process.umask(0);
  const { ask } = open([live], { path });
  process.umask(mask);
  expect((await ask("/live")).status).toBe(200);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const other = join(home.path, "other");
  writeFileSync(other, "mine");
  mkdirSync(join(home.path, "folder"));
  for (const inTheWay of [other, join(home.path, "folder")]) expect(() => open([live], { path: inTheWay })).toThrow(/in the way/);
  expect(await Bun.file(other).text()).toBe("mine");
}, 10_000);
