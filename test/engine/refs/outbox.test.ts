import { expect, test } from "bun:test";
import { createIds } from "../../../src/engine/core/ids.ts";
import { newPassage } from "../../../src/engine/refs/new-passage.ts";
import { createRefHook } from "../../../src/engine/refs/hook-change.ts";
import { commandHost } from "../../../src/engine/refs/command-host.ts";
import { updateRefs } from "../../../src/engine/refs/update.ts";
import { unconfiguredServices } from "../../../src/engine/clients/services.ts";
import { configSchema } from "../../../src/engine/config.ts";
import { enqueueWebhook, listWebhooks, reviveWebhook, cancelWebhook, webhookById } from "../../../src/engine/store/ref-outbox.ts";
import type { Store } from "../../../src/engine/store/open.ts";
import { FakeClock } from "../../helpers/fake-clock.ts";
import { TestEngine } from "../../helpers/test-engine.ts";
import { failureOf } from "./ref-desk.ts";

interface Heard {
  readonly path: string;
  readonly id: string | null;
  readonly key: string | null;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A receiver that answers by the path: /200, /500, /410, ...; /once/500 fails the first time. */
class Receiver implements Disposable {
  readonly heard: Heard[] = [];
  #waiting: (() => void)[] = [];
  readonly #server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: async (request) => {
      const path = new URL(request.url).pathname;
      const body = (await request.json()) as Record<string, unknown>;
      for (const wake of this.#waiting.splice(0)) wake();
      this.heard.push({ path, body, headers: request.headers, id: request.headers.get("webhook-id"), key: request.headers.get("idempotency-key") });
      const again = this.heard.filter((one) => one.id === request.headers.get("webhook-id")).length > 1;
      const [, first = "", second = ""] = path.split("/");
      if (first === "hang") return await new Promise<Response>(() => undefined);
      const status = first === "once" ? (again ? 200 : Number(second)) : Number(first);
      return new Response("body", { status, headers: status === 429 ? { "retry-after": "7200" } : status === 302 ? { location: "/200" } : {} });
    },
  });

  next(): Promise<void> {
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#server.port}${path}`;
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}

const SETTINGS = { refs: { webhook_private: true, webhook_timeout_ms: 300, webhook_attempts: 3 } };
const config = configSchema.parse({ isolation: "process", ...SETTINGS });

function hook(store: Store, ref_name: string, settings: object): void {
  createRefHook(store, { ref_name, action_type: "webhook", config: settings, enabled: true }, { limits: config.refs, ids: createIds(), now: Date.now(), dryRun: false });
}

/** As a command beside the daemon would. */
async function set(store: Store, home: string, name: string, content: string): Promise<void> {
  await using host = commandHost({ store, home, config, services: unconfiguredServices });
  const passage = newPassage({ content }, { limits: config.refs, redactor: store.redactor, ids: createIds(), now: Date.now() });
  await updateRefs(host, () => ({ writes: [{ ref_name: name, passage, action: "set", hooks: true }] }));
}

/** The daemon looks, as it does after each commit; resolves when nothing is under way. */
async function settle(t: TestEngine): Promise<void> {
  await t.messages(1);
  await t.drain();
}

test("a webhook goes out exactly when its update committed, once, with its headers and an id of its own", async () => {
  using receiver = new Receiver();
  await using t = await TestEngine.start({ config: SETTINGS });
  hook(t.store, "a", { url: receiver.url("/200"), headers: { "X-Team": "red" }, include_passage: true, template: "{content}!" });
  await set(t.store, t.home, "a", "one");
  await settle(t);
  const [webhook] = listWebhooks(t.store, "sent", 10);
  expect(receiver.heard).toMatchObject([{ path: "/200", id: webhook?.id, key: webhook?.id, body: { text: "one!", ref_name: "a", passage: { content: "one" } } }]);
  expect(receiver.heard[0]?.headers.get("x-team")).toBe("red");
  // The next hook fails the update: nothing goes out.
  t.store.db.run("INSERT INTO passage_ref_hooks(ref_name, action_type, config) VALUES ('a', 'refresh_scope', '{\"scope_name\": \"none\"}')");
  expect(await failureOf(set(t.store, t.home, "a", "two"))).toMatchObject({ code: "REF_HOOK_FAILED" });
  await settle(t);
  expect([receiver.heard.length, listWebhooks(t.store, undefined, 10).length]).toEqual([1, 1]);
});

// switch: mutants webhook-tried-once, webhook-refused-is-tried
test("what may pass is tried again, with the same id; what is refused is not; 410 wants nothing more", async () => {
  using receiver = new Receiver();
  const clock = new FakeClock(Date.now());
  await using t = await TestEngine.start({ config: SETTINGS, clock });
  const cases = { "/once/500": "pending", "/once/429": "pending", "/hang": "pending", "/404": "dead", "/302": "dead", "/410": "cancelled" };
  for (const path of Object.keys(cases)) {
    hook(t.store, path.slice(1).replace("/", "-"), { url: receiver.url(path) });
    await set(t.store, t.home, path.slice(1).replace("/", "-"), "x");
  }
  await settle(t);
  const byRef = (): Record<string, string> => Object.fromEntries(listWebhooks(t.store, undefined, 10).map(({ ref_name, status }) => [`/${ref_name.replace("-", "/")}`, status]));
  expect(byRef()).toEqual(cases);
  const limited = listWebhooks(t.store, "pending", 10).find(({ ref_name }) => ref_name === "once-429");
  // What the receiver asked for is longer than the ladder's first pause.
  expect((limited?.not_before ?? 0) - clock.now()).toBeGreaterThan(7_000_000);
  expect(t.notices.filter(({ kind }) => kind === "webhook_dead").map(({ data }) => String(data["code"])).sort()).toEqual(["OUTBOUND_GONE", "OUTBOUND_REFUSED", "OUTBOUND_REFUSED"]);
  clock.advance(3 * 3_600_000);
  t.store.write(() => reviveWebhook(t.store, limited?.id ?? ""));
  await settle(t);
  expect(byRef()).toMatchObject({ "/once/429": "sent", "/once/500": "sent" });
  const ids = receiver.heard.filter(({ path }) => path === "/once/429").map(({ id }) => id);
  expect(ids).toEqual([limited?.id ?? null, limited?.id ?? null]);
});

test("after its attempts a webhook is dead; retry begins anew; a cancelled one is not sent", async () => {
  using receiver = new Receiver();
  const clock = new FakeClock(Date.now());
  await using t = await TestEngine.start({ config: { refs: { ...SETTINGS.refs, webhook_attempts: 1 } }, clock });
  t.store.write(() => enqueueWebhook(t.store, { id: "obx_1", update_id: "upd_1", hook_id: "rhk_1", ref_name: "a", request: { url: receiver.url("/once/503"), headers: {}, body: "{}" }, created_at: clock.now() }));
  await settle(t);
  expect(webhookById(t.store, "obx_1")).toMatchObject({ status: "dead", attempts: 1, code: "OUTBOUND_UNREACHABLE", error: "the webhook of rhk_1: the receiver answered 503" });
  t.store.write(() => {
    reviveWebhook(t.store, "obx_1");
    enqueueWebhook(t.store, { id: "obx_2", update_id: "upd_1", hook_id: "rhk_1", ref_name: "a", request: { url: receiver.url("/200"), headers: {}, body: "{}" }, created_at: clock.now() });
    cancelWebhook(t.store, "obx_2", clock.now());
  });
  await settle(t);
  expect([receiver.heard.map(({ id }) => id), webhookById(t.store, "obx_1")?.status, webhookById(t.store, "obx_2")?.status]).toEqual([["obx_1", "obx_1"], "sent", "cancelled"]);
});

// switch: mutant webhooks-overtake
test("of one hook webhooks arrive in the order of its updates; others do not wait for them", async () => {
  using receiver = new Receiver();
  const clock = new FakeClock(Date.now());
  await using t = TestEngine.open({ config: SETTINGS, clock });
  for (const [id, hookId, path] of [["obx_1", "rhk_a", "/once/500"], ["obx_2", "rhk_a", "/200"], ["obx_3", "rhk_b", "/200"]] as const) {
    t.store.write(() => enqueueWebhook(t.store, { id, update_id: "upd_1", hook_id: hookId, ref_name: "a", request: { url: receiver.url(path), headers: {}, body: "{}" }, created_at: 1 }));
  }
  await t.engine.start();
  await settle(t);
  expect(["obx_1", "obx_2", "obx_3"].map((id) => [webhookById(t.store, id)?.status, webhookById(t.store, id)?.attempts])).toEqual([["pending", 1], ["pending", 0], ["sent", 1]]);
  t.store.write(() => reviveWebhook(t.store, "obx_1"));
  await settle(t);
  expect(receiver.heard.filter(({ id }) => id !== "obx_3").map(({ id }) => id)).toEqual(["obx_1", "obx_1", "obx_2"]);
});

test("an address of this machine is not reached unless the settings allow it, also where a row was inserted by hand", async () => {
  using receiver = new Receiver();
  await using t = await TestEngine.start({ config: { refs: { webhook_private: false } } });
  t.store.write(() => enqueueWebhook(t.store, { id: "obx_1", update_id: "upd_1", hook_id: "rhk_1", ref_name: "a", request: { url: receiver.url("/200"), headers: {}, body: "{}" }, created_at: 1 }));
  await settle(t);
  expect([webhookById(t.store, "obx_1")?.code, receiver.heard.length]).toEqual(["OUTBOUND_FORBIDDEN", 0]);
});

// switch: mutant sent-before-recorded
test("a daemon that ends while a webhook is under way: it is sent again after the next start, with the same id, and never lost", async () => {
  using receiver = new Receiver();
  const t = await TestEngine.start({ config: { refs: { ...SETTINGS.refs, webhook_timeout_ms: 60_000 } } });
  t.store.write(() => enqueueWebhook(t.store, { id: "obx_1", update_id: "upd_1", hook_id: "rhk_1", ref_name: "a", request: { url: receiver.url("/hang"), headers: {}, body: "{}" }, created_at: 1 }));
  const begun = receiver.next();
  await t.messages(1);
  await begun;
  await t.engine[Symbol.asyncDispose]();
  expect(webhookById(t.store, "obx_1")).toMatchObject({ status: "pending", attempts: 0 });
  t.store.db.query("UPDATE ref_outbox SET request_json = ?").run(JSON.stringify({ url: receiver.url("/200"), headers: {}, body: "{}" }));
  t.store.close();
  await using again = await TestEngine.start({ config: SETTINGS, home: t.home });
  await settle(again);
  expect(webhookById(again.store, "obx_1")?.status).toBe("sent");
  expect(receiver.heard.map(({ id }) => id)).toEqual(["obx_1", "obx_1"]);
});

test("sync: true is sent before the commit: a receiver that refuses fails the hook, one that agrees lets the update through", async () => {
  using receiver = new Receiver();
  await using t = TestEngine.open({ config: SETTINGS });
  hook(t.store, "good", { url: receiver.url("/200"), sync: true });
  hook(t.store, "bad", { url: receiver.url("/500"), sync: true });
  hook(t.store, "slow", { url: receiver.url("/hang"), sync: true });
  await set(t.store, t.home, "good", "one");
  expect((await failureOf(set(t.store, t.home, "bad", "one"))).message).toContain("the receiver answered 500");
  expect((await failureOf(set(t.store, t.home, "slow", "one"))).message).toContain("300 ms");
  expect(t.store.db.query("SELECT name FROM refs").all()).toEqual([{ name: "good" }]);
  expect(listWebhooks(t.store, undefined, 10)).toEqual([]);
  expect(t.store.db.query("SELECT outcome FROM ref_hook_executions ORDER BY rowid").all()).toEqual([{ outcome: "done" }, { outcome: "failed" }, { outcome: "timeout" }]);
});

test("secrets are read when a webhook is sent, and their values appear nowhere", async () => {
  using receiver = new Receiver();
  await using t = await TestEngine.start({ config: SETTINGS });
  process.env["NEXUS_TEST_HEADER"] = "t0p-s3cr3t";
  try {
    t.store.write(() => {
      enqueueWebhook(t.store, { id: "obx_1", update_id: "upd_1", hook_id: "rhk_1", ref_name: "a", request: { url: receiver.url("/200"), headers: { authorization: { env: "NEXUS_TEST_HEADER" } }, body: "{}" }, created_at: 1 });
      enqueueWebhook(t.store, { id: "obx_2", update_id: "upd_1", hook_id: "rhk_2", ref_name: "a", request: { url: { env: "NEXUS_TEST_NONE" }, headers: {}, body: "{}" }, created_at: 1 });
      enqueueWebhook(t.store, { id: "obx_3", update_id: "upd_1", hook_id: "rhk_3", ref_name: "a", request: { url: receiver.url("/200"), headers: { "Webhook-Id": "mine" }, body: "{}" }, created_at: 1 });
    });
    await settle(t);
    expect(receiver.heard.map(({ headers }) => headers.get("authorization"))).toEqual(["t0p-s3cr3t"]);
    expect([webhookById(t.store, "obx_2"), webhookById(t.store, "obx_3")]).toMatchObject([{ status: "dead", code: "OUTBOUND_MISCONFIGURED", error: expect.stringContaining("NEXUS_TEST_NONE is not set") as string }, { status: "dead", error: expect.stringContaining("Webhook-Id is set by nexus") as string }]);
    expect(JSON.stringify(t.store.db.query("SELECT * FROM ref_outbox").all())).not.toContain("t0p-s3cr3t");
  } finally {
    delete process.env["NEXUS_TEST_HEADER"];
  }
});
