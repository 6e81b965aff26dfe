import { afterEach, expect, test } from "bun:test";
import { guardedFetch, type GuardedParts, type GuardedRequest } from "../../../src/engine/clients/guarded-fetch.ts";
import { TEST_CERTIFICATE } from "../../helpers/test-certificate.ts";

const servers: { stop(closeActiveConnections?: boolean): unknown }[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop(true);
});

function serve(answer: (request: Request) => Response | Promise<Response>, secure = false): { readonly port: number; readonly seen: string[][] } {
  const seen: string[][] = [];
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    ...(secure ? { tls: TEST_CERTIFICATE } : {}),
    fetch: (request) => {
      // Of a request that is answered Bun keeps nothing.
      seen.push([request.method, request.headers.get("host") ?? "", new URL(request.url).pathname, request.headers.get("x-own") ?? ""]);
      return answer(request);
    },
  });
  servers.push(server);
  return { port: server.port ?? 0, seen };
}

function ask(url: string, more: Partial<GuardedRequest> = {}, parts: GuardedParts = {}): ReturnType<typeof guardedFetch> {
  return guardedFetch({ url, method: "POST", headers: new Headers({ "x-own": "1" }), body: "hello", allowPrivate: false, timeoutMs: 10_000, maxBytes: 1_000, ...more }, parts);
}

const toLoopback: GuardedParts = { resolve: () => Promise.resolve(["127.0.0.1"]) };

const FORBIDDEN = [
  "http://127.0.0.1", "http://127.1", "http://2130706433", "http://0x7f000001", "http://0177.0.0.1", "http://0", "http://①②⑦.0.0.1", "http://127。0。0。1", "http://127.0.0.1.", "http://[::1]", "http://[::ffff:127.0.0.1]",
  "http://10.0.0.1", "http://100.64.0.1", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]", "http://[64:ff9b::a9fe:a9fe]", "http://[2002:7f00:1::]", "http://224.0.0.1", "http://0.0.0.0",
  "http://localhost", "http://localhost.", "http://LOCALHOST", "http://any.localhost",
  "file:///etc/hostname", "data:text/plain,x", "s3://bucket/key", "ftp://example.com", "unix:///run/x.sock", "javascript:1", "not a url", "",
  "http://user@example.com", "https://user:password@example.com", "http://1.1.1.1@127.0.0.1",
];

for (const url of FORBIDDEN) {
  test(`forbidden: ${url === "" ? "nothing" : url}`, async () => {
    expect(await ask(url)).toMatchObject({ answered: false, reason: "forbidden" });
  });
}

test("a port that listens is not asked when its address is forbidden, and is when private ones are allowed", async () => {
  const { port, seen } = serve(() => new Response("yes"));
  const url = `http://hook.test:${port}/path?q=1`;
  const refused = await ask(url, {}, toLoopback);
  expect(refused).toMatchObject({ answered: false, reason: "forbidden" });
  expect(JSON.stringify(refused)).toContain(`hook.test:${port} leads to 127.0.0.1, which is not a public address; set allow_private = true`);
  expect(seen.length).toBe(0);
  expect(await ask(url, { allowPrivate: true }, toLoopback)).toMatchObject({ answered: true, status: 200, text: "yes", whole: true });
  expect(seen).toEqual([["POST", `hook.test:${port}`, "/path", "1"]]);
});

test("allow_private opens no metadata service and nothing that stands for another address", async () => {
  for (const host of ["169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "[::ffff:127.0.0.1]", "224.0.0.1"]) expect(await ask(`http://${host}/`, { allowPrivate: true })).toMatchObject({ answered: false, reason: "forbidden" });
});

test("one forbidden address among several refuses the host", async () => {
  expect(await ask("http://hook.test/", {}, { resolve: () => Promise.resolve(["93.184.215.14", "10.0.0.7"]) })).toMatchObject({ answered: false, reason: "forbidden" });
});

test("a name server that gives another address the second time is asked only once", async () => {
  const { port, seen } = serve(() => new Response("inside"));
  const answers = [["127.0.0.1"], ["169.254.169.254"]];
  let asked = 0;
  const rebinding: GuardedParts = { resolve: () => Promise.resolve(answers[asked++] ?? []) };
  expect(await ask(`http://hook.test:${port}/`, { allowPrivate: true }, rebinding)).toMatchObject({ answered: true, text: "inside" });
  expect({ asked, seen: seen.length }).toEqual({ asked: 1, seen: 1 });

  // Another machine stands behind the second answer, at the same port.
  const other = Bun.serve({ hostname: "127.0.0.2", port, fetch: () => new Response("outside") });
  servers.push(other);
  let again = 0;
  const moving: GuardedParts = { resolve: () => Promise.resolve(again++ === 0 ? ["127.0.0.1"] : ["127.0.0.2"]) };
  expect(await ask(`http://hook.test:${port}/`, { allowPrivate: true }, moving)).toMatchObject({ answered: true, text: "inside" });
  expect({ again, seen: seen.length }).toEqual({ again: 1, seen: 2 });
});

test("the certificate is checked for the URL's name, and the name goes along in SNI and Host", async () => {
  const { port, seen } = serve(() => new Response("secure"), true);
  const parts: GuardedParts = { ...toLoopback, ca: TEST_CERTIFICATE.cert };
  expect(await ask(`https://hooks.example.test:${port}/`, { allowPrivate: true }, parts)).toMatchObject({ answered: true, text: "secure" });
  expect(seen[0]?.[1]).toBe(`hooks.example.test:${port}`);
  expect(await ask(`https://other.example.test:${port}/`, { allowPrivate: true }, parts)).toMatchObject({ answered: false, reason: "unreachable", message: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID") });
  expect(await ask(`https://hooks.example.test:${port}/`, { allowPrivate: true }, toLoopback)).toMatchObject({ answered: false, reason: "unreachable" });
  expect(seen.length).toBe(1);
});

test("a redirect is an answer, and what it leads to is not asked", async () => {
  const inner = serve(() => new Response("inside"));
  const outer = serve(() => new Response(null, { status: 302, headers: { location: `http://127.0.0.1:${inner.port}/` } }));
  expect(await ask(`http://hook.test:${outer.port}/`, { allowPrivate: true }, toLoopback)).toMatchObject({ answered: true, status: 302 });
  expect(inner.seen.length).toBe(0);
});

test("the next address is tried when nothing listens at the first", async () => {
  const { port, seen } = serve(() => new Response("second"));
  expect(await ask(`http://hook.test:${port}/`, { allowPrivate: true }, { resolve: () => Promise.resolve(["127.0.0.2", "127.0.0.1"]) })).toMatchObject({ answered: true, text: "second" });
  expect(seen.length).toBe(1);
});

test("no proxy of the environment is used", async () => {
  const proxy = serve(() => new Response("proxy"));
  const { port } = serve(() => new Response("direct"));
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = `http://127.0.0.1:${proxy.port}`;
  try {
    expect(await ask(`http://hook.test:${port}/`, { allowPrivate: true }, toLoopback)).toMatchObject({ answered: true, text: "direct" });
  } finally {
    if (before === undefined) delete process.env["http_proxy"];
    else process.env["http_proxy"] = before;
  }
  expect(proxy.seen.length).toBe(0);
});

test("an endless body is read up to the limit, and its connection is closed", async () => {
  const closed = Promise.withResolvers<void>();
  const { port } = serve(() => {
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(1_000).fill(120)), cancel: () => closed.resolve() });
    return new Response(body);
  });
  const answer = await ask(`http://hook.test:${port}/`, { allowPrivate: true, maxBytes: 2_500 }, toLoopback);
  expect(answer).toMatchObject({ answered: true, whole: false, text: "x".repeat(2_500) });
  await closed.promise;
});

test("one time covers resolving, answering and the body", async () => {
  const never = Promise.withResolvers<Response>();
  const slow = serve(() => never.promise);
  const trickle = serve(() => new Response(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(3)) })));
  const waits = { allowPrivate: true, timeoutMs: 60 };
  const timeout = { answered: false, reason: "timeout" };
  expect(await ask("http://hook.test/", waits, { resolve: () => new Promise(() => undefined) })).toMatchObject(timeout);
  expect(await ask(`http://hook.test:${slow.port}/`, waits, toLoopback)).toMatchObject(timeout);
  expect(await ask(`http://hook.test:${trickle.port}/`, waits, toLoopback)).toMatchObject(timeout);
});

test("the signal ends it at once, before it begins too", async () => {
  const arrived = Promise.withResolvers<void>();
  const { port } = serve(() => {
    arrived.resolve();
    return new Promise<Response>(() => undefined);
  });
  const controller = new AbortController();
  const answer = ask(`http://hook.test:${port}/`, { allowPrivate: true, timeoutMs: 60_000, signal: controller.signal }, toLoopback);
  await arrived.promise;
  controller.abort();
  expect(await answer).toMatchObject({ answered: false, reason: "aborted" });
  expect(await ask(`http://hook.test:${port}/`, { signal: AbortSignal.abort() }, toLoopback)).toMatchObject({ answered: false, reason: "aborted" });
});

test("a failure names the host and not the path", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { open: (socket) => void socket.end(), data: () => undefined } });
  servers.push(listener);
  const answer = await ask(`http://hook.test:${listener.port}/token-in-path?key=value`, { allowPrivate: true }, toLoopback);
  expect(answer).toMatchObject({ answered: false, reason: "unreachable" });
  expect(JSON.stringify(answer)).toContain("hook.test");
  expect(JSON.stringify(answer)).not.toMatch(/token-in-path|value/);
  expect(await ask("http://no.such.host.invalid/x")).toMatchObject({ answered: false, reason: "unreachable" });
  expect(await ask("http://hook.test/", {}, { resolve: () => Promise.resolve([]) })).toMatchObject({ answered: false, reason: "unreachable" });
});
