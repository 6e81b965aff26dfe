import { expect, test } from "bun:test";
import { ApiClient } from "../../../src/engine/api/client.ts";
import { NoticeTail } from "../../../src/engine/api/notice-tail.ts";
import { socketPath } from "../../../src/engine/api/socket-path.ts";
import type { NoticeEvent } from "../../../src/engine/api/wire.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { Daemon } from "../../../src/engine/daemon.ts";
import { addNotice, NOTICES_KEPT } from "../../../src/engine/store/notices.ts";
import { openStore, type Store } from "../../../src/engine/store/open.ts";
import { tempHome } from "../../helpers/temp-home.ts";

interface Served {
  readonly home: string;
  readonly daemon: Daemon;
  readonly client: ApiClient;
  /** Another process's connection, as a command has one. */
  readonly beside: Store;
  [Symbol.asyncDispose](): Promise<void>;
}

async function serve(): Promise<Served> {
  const home = tempHome();
  const daemon = await Daemon.start({ home: home.path, config: configSchema.parse({ isolation: "process" }), timers: false });
  const client = await ApiClient.find(home.path);
  const beside = openStore(home.path);
  return {
    home: home.path, daemon, client: client!, beside,
    [Symbol.asyncDispose]: async () => {
      beside.close();
      await daemon.stop();
      home[Symbol.dispose]();
    },
  };
}

let made = 0;
function write(store: Store, ...slugs: readonly string[]): void {
  store.write(() => {
    for (const slug of slugs) addNotice(store, { id: `ntc_${(made += 1)}`, at: made, kind: slug === "breaker" ? "breaker_opened" : "hook_enabled", hook_id: `hook_${slug}`, data: { slug } });
  });
}

/** Takes events until so many notices came. */
async function take(events: AsyncGenerator<NoticeEvent>, notices: number): Promise<NoticeEvent[]> {
  const taken: NoticeEvent[] = [];
  while (taken.filter(({ event }) => event === "notice").length < notices) {
    const { value, done } = await events.next();
    if (done === true) break;
    taken.push(value);
  }
  return taken;
}

function slugs(events: readonly NoticeEvent[]): unknown[] {
  return events.flatMap((one) => (one.event === "notice" ? [one.data.data["slug"]] : []));
}

test("a listener hears what a command beside the daemon wrote, and goes on after a break without a loss or a second time", async () => {
  await using served = await serve();
  const first = new AbortController();
  const events = served.client.notices({ signal: first.signal });
  expect((await events.next()).value).toMatchObject({ event: "hello", data: { pid: process.pid } });
  write(served.beside, "a", "b");
  const heard = await take(events, 2);
  expect(slugs(heard)).toEqual(["a", "b"]);
  const seq = heard.flatMap((one) => (one.event === "notice" ? [one.data.seq] : [])).at(-1) ?? 0;
  first.abort();
  expect((await events.next()).done).toBe(true);
  write(served.beside, "c", "d");
  const again = await fetch(`http://nexus/v1/notices?after=${seq - 2}`, { unix: socketPath(served.home), headers: { "last-event-id": String(seq) } });
  const body: ReadableStream<Uint8Array> | null = again.body;
  for await (const bytes of body ?? []) {
    expect(new TextDecoder().decode(bytes)).toContain(`"after":${seq}`);
    break;
  }
  using second = abortable();
  expect(slugs(await take(served.client.notices({ after: seq, signal: second.signal }), 2))).toEqual(["c", "d"]);
});

test("kinds and the newest few can be asked for; what is wrong is said", async () => {
  await using served = await serve();
  write(served.beside, "a", "breaker", "b", "breaker");
  using stop = abortable();
  expect(slugs(await take(served.client.notices({ last: 3, kinds: ["breaker_opened"], signal: stop.signal }), 2))).toEqual(["breaker", "breaker"]);
  for (const query of ["after=-1", "after=x", "last=1001", "kind=breaker_opend", "since=1"]) {
    const response = await fetch(`http://nexus/v1/notices?${query}`, { unix: socketPath(served.home) });
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code, query]).toEqual([400, "REQUEST_INVALID", query]);
  }
});

test("notices that are gone are named by a gap, never passed over", async () => {
  await using served = await serve();
  write(served.beside, "a", "b", "c");
  served.beside.write(() => served.beside.db.run("UPDATE notices SET seq = seq + ?", [NOTICES_KEPT]));
  using stop = abortable();
  const events = await take(served.client.notices({ after: 1, signal: stop.signal }), 1);
  const beyond = served.client.notices({ after: 10 * NOTICES_KEPT, signal: stop.signal });
  expect([(await beyond.next()).value, (await beyond.next()).value]).toMatchObject([{ event: "hello" }, { event: "gap", data: { after: 10 * NOTICES_KEPT } }]);
  expect(events.find(({ event }) => event === "gap")?.data).toMatchObject({ after: 1 });
});

test("a stream on which nothing happens lives, and says so", async () => {
  await using served = await serve();
  const response = await fetch("http://nexus/v1/notices?kind=daemon_stopped", { unix: socketPath(served.home), timeout: false } as BunFetchRequestInit);
  const body: ReadableStream<Uint8Array> | null = response.body;
  let text = "";
  // Longer than Bun leaves a silent connection alone by itself.
  for await (const bytes of body ?? []) {
    text += new TextDecoder().decode(bytes);
    if (text.includes(": alive")) break;
  }
  expect(text).toMatch(/^event: hello\n[^]*\n: alive\n\n$/);
}, 30_000);

test("a stop ends listeners with a word, at once", async () => {
  await using served = await serve();
  using stop = abortable();
  const events = served.client.notices({ signal: stop.signal });
  expect((await events.next()).value).toMatchObject({ event: "hello" });
  const began = performance.now();
  const [rest] = await Promise.all([take(events, Number.MAX_SAFE_INTEGER), served.daemon.stop()]);
  expect(rest.at(-1)?.event).toBe("bye");
  // The daemon's own deadline for requests under way is five seconds.
  expect(performance.now() - began).toBeLessThan(4_000);
});

test("the thirty-third listener is refused, and a place is free again when one goes", async () => {
  await using served = await serve();
  const stops = Array.from({ length: 32 }, () => new AbortController());
  const streams = stops.map(({ signal }) => served.client.notices({ signal }));
  for (const stream of streams) expect((await stream.next()).value).toMatchObject({ event: "hello" });
  using other = abortable();
  const refused = served.client.notices({ signal: other.signal });
  expect(await refused.next().then(() => "taken", (error: { code: string }) => error.code)).toBe("QUEUE_FULL");
  stops[0]?.abort();
  for (;;) {
    const answer = await served.client.notices({ signal: other.signal }).next().then(({ value }) => (value as NoticeEvent).event, (error: { code: string }) => error.code);
    if (answer === "hello") break;
    expect(answer).toBe("QUEUE_FULL");
  }
  for (const stop of stops) stop.abort();
});

test("a listener that does not read holds nothing up, and is told everything when it does", async () => {
  await using served = await serve();
  using stop = abortable();
  const events = served.client.notices({ signal: stop.signal });
  expect((await events.next()).value).toMatchObject({ event: "hello" });
  const wanted = Array.from({ length: 3_000 }, (_, at) => `n${at}`);
  for (let at = 0; at < wanted.length; at += 500) write(served.beside, ...wanted.slice(at, at + 500));
  expect(slugs(await take(events, wanted.length))).toEqual(wanted);
});

test("nothing is looked at while nobody listens", () => {
  let looks = 0;
  const tail = new NoticeTail({ span: () => ((looks += 1), undefined), after: () => [] });
  expect(tail.listeners).toBe(0);
  const listening = tail.listen();
  listening[Symbol.dispose]();
  listening[Symbol.dispose]();
  expect([tail.listeners, looks]).toEqual([0, 0]);
});

function abortable(): AbortController & Disposable {
  const controller = new AbortController();
  return Object.assign(controller, { [Symbol.dispose]: () => controller.abort() });
}
