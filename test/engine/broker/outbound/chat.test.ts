import { expect, test } from "bun:test";
import type { Outbound, OutboundMessage, SendResult } from "../../../../src/engine/broker/outbound/outbound.ts";
import { T0 } from "../../../helpers/rows.ts";
import { outboundMessage } from "./conformance.ts";
import { Receiver, type Received } from "./receiver.ts";
import { discord, slack, telegram } from "./services.ts";
import { outboundOf } from "./subjects.ts";

const signal = new AbortController().signal;
const TOKEN = "12345:abcdefghijklmnop";

type Name = "slack" | "discord" | "telegram";
const SERVICES = { slack, discord, telegram };

function outbound(type: Name, receiver: Receiver, settings: Record<string, unknown> = {}, now?: () => number): Outbound {
  return outboundOf({ type, api: receiver.url, allow_private: true, token: { env: "TOKEN" }, ...settings }, { env: { TOKEN }, ...(now === undefined ? {} : { now }) });
}

async function accepted(type: Name, parts: Partial<OutboundMessage>, settings: Record<string, unknown> = {}): Promise<Received> {
  await using receiver = new Receiver((received) => SERVICES[type]("accept", received, ""));
  expect(await outbound(type, receiver, settings).send(outboundMessage(parts), signal)).toMatchObject({ sent: true });
  return receiver.last;
}

async function answered(type: Name, response: () => Response, parts: Partial<OutboundMessage> = {}): Promise<SendResult> {
  await using receiver = new Receiver(response);
  const target = { slack: "C0123456789", discord: "1100000000000000001", telegram: "7" }[type];
  return await outbound(type, receiver, { target }, () => T0).send(outboundMessage(parts), signal);
}

test("the requests are those of the services' documentation", async () => {
  const toSlack = await accepted("slack", { thread_id: "C0123456789" });
  expect([toSlack.path, toSlack.headers.get("authorization"), toSlack.json]).toEqual(["/chat.postMessage", `Bearer ${TOKEN}`, { channel: "C0123456789", text: "It is done." }]);

  const toDiscord = await accepted("discord", { thread_id: "1100000000000000001", reply_to: "1200000000000000009" });
  expect([toDiscord.path, toDiscord.headers.get("authorization")]).toEqual(["/channels/1100000000000000001/messages", `Bot ${TOKEN}`]);
  expect(toDiscord.headers.get("user-agent")).toStartWith("DiscordBot (");
  expect(toDiscord.json).toEqual({ content: "It is done.", nonce: expect.any(String), enforce_nonce: true, allowed_mentions: { parse: [], replied_user: false }, message_reference: { message_id: "1200000000000000009", fail_if_not_exists: false } });

  const toTelegram = await accepted("telegram", { thread_id: "-1001234567890:17", reply_to: "-1001234567890:99" });
  expect([toTelegram.path, toTelegram.headers.get("authorization")]).toEqual([`/bot${TOKEN}/sendMessage`, null]);
  expect(toTelegram.json).toEqual({ chat_id: -1_001_234_567_890, text: "It is done.", message_thread_id: 17, reply_parameters: { message_id: 99, allow_sending_without_reply: true } });
});

test("limits are those of the services", () => {
  const limit = (type: Name): number | undefined => outboundOf({ type, token: { env: "TOKEN" } }).limit;
  expect([limit("slack"), limit("discord"), limit("telegram")]).toEqual([4_000, 2_000, 4_096]);
});

test("Slack: the thread's name wins over the message that is answered, which begins a thread otherwise", async () => {
  const where = async (parts: Partial<OutboundMessage>, settings: Record<string, unknown> = {}): Promise<unknown[]> => {
    const { json } = await accepted("slack", parts, settings);
    return [json["channel"], json["thread_ts"]];
  };
  expect(await where({ thread_id: "C0123456789:1767225600.000100", reply_to: "1767225601.000200" })).toEqual(["C0123456789", "1767225600.000100"]);
  expect(await where({ thread_id: "C0123456789", reply_to: "C0123456789:1767225601.000200" })).toEqual(["C0123456789", "1767225601.000200"]);
  expect(await where({ thread_id: "1767225600.000100" }, { target: "#ops" })).toEqual(["#ops", "1767225600.000100"]);
  // A message elsewhere begins no thread here.
  expect(await where({ thread_id: "sms:+15551234567", reply_to: "1767225601.000200" }, { target: "C0123456789" })).toEqual(["C0123456789", undefined]);
});

test("Slack: no answer can call a channel or a person", async () => {
  expect((await accepted("slack", { thread_id: "C0123456789", text: "<!channel> a & b <@U012345>" })).json["text"]).toBe("&lt;!channel&gt; a &amp; b &lt;@U012345&gt;");
});

test("the thread comes before the recipient, and the recipient before the setting", async () => {
  for (const type of ["slack", "telegram"] as const) {
    const [thread, recipient, target] = type === "slack" ? ["C0000000001", "U0000000002", "C0000000003"] : [1, 2, 3];
    const key = type === "slack" ? "channel" : "chat_id";
    const of = async (parts: Partial<OutboundMessage>): Promise<unknown> => (await accepted(type, parts, { target: String(target) })).json[key];
    expect(await of({ thread_id: String(thread), recipient: String(recipient) })).toBe(thread ?? "");
    expect(await of({ recipient: String(recipient) })).toBe(recipient ?? "");
    expect(await of({ thread_id: "mail:<a@b>", recipient: "someone@example.com" })).toBe(target ?? "");
  }
});

test("Discord: a user is written to in the channel with them, which is asked for once", async () => {
  await using receiver = new Receiver((received) => (received.path === "/users/@me/channels" ? Response.json({ id: "1300000000000000001", type: 1 }) : discord("accept", received, "")));
  const adapter = outbound("discord", receiver);
  for (const delivery_id of ["dlv_1", "dlv_2"]) expect(await adapter.send(outboundMessage({ recipient: "1400000000000000001", delivery_id }), signal)).toMatchObject({ sent: true });
  expect(receiver.received.map(({ path }) => path)).toEqual(["/users/@me/channels", "/channels/1300000000000000001/messages", "/channels/1300000000000000001/messages"]);
  expect(receiver.received[0]?.json).toEqual({ recipient_id: "1400000000000000001" });
});

test("Discord: the nonce is the same at every attempt, another for another delivery, and short enough", async () => {
  const nonce = async (delivery_id: string): Promise<unknown> => (await accepted("discord", { thread_id: "1100000000000000001", delivery_id })).json["nonce"];
  const [first, again, other] = [await nonce("dlv_01KFZ0000000000000000000"), await nonce("dlv_01KFZ0000000000000000000"), await nonce("dlv_01KFZ0000000000000000001")];
  expect(first).toBe(again);
  expect(first).not.toBe(other);
  expect(String(first).length).toBeLessThanOrEqual(25);
});

test("only the first part is a reply where a service shows each reply", async () => {
  expect((await accepted("discord", { thread_id: "1100000000000000001", reply_to: "1200000000000000009", part: 2, parts: 2 })).json["message_reference"]).toBeUndefined();
  expect((await accepted("telegram", { thread_id: "5", reply_to: "9", part: 2, parts: 2 })).json["reply_parameters"]).toBeUndefined();
});

test("Discord: what it says of a limit holds for that channel, and a global one for all, without a request", async () => {
  let now = T0;
  const limited = (global: boolean): Response => Response.json({ message: "slow down", retry_after: 2.5, global }, { status: 429, headers: { "retry-after": "2" } });
  await using receiver = new Receiver((received, count) => (count === 1 ? limited(false) : count === 3 ? limited(true) : discord("accept", received, "")));
  const adapter = outbound("discord", receiver, {}, () => now);
  const to = async (thread_id: string): Promise<SendResult> => await adapter.send(outboundMessage({ thread_id }), signal);
  const waits = (ms: number) => ({ code: "OUTBOUND_RATE_LIMITED", retryable: true, retry_after_ms: ms });
  expect(await to("11111")).toMatchObject(waits(2_500));
  now += 1_000;
  expect(await to("11111")).toMatchObject(waits(1_500));
  expect(receiver.received.length).toBe(1);
  expect(await to("22222")).toMatchObject({ sent: true });
  expect(await to("33333")).toMatchObject(waits(2_500));
  expect(await to("22222")).toMatchObject(waits(2_500));
  expect(receiver.received.length).toBe(3);
  now += 2_500;
  expect(await to("11111")).toMatchObject({ sent: true });
});

test("Discord: a bucket that is used up is waited for before it refuses", async () => {
  let now = T0;
  await using receiver = new Receiver(() => Response.json({ id: "1" }, { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset-after": "0.75" } }));
  const adapter = outbound("discord", receiver, { target: "11111" }, () => now);
  expect(await adapter.send(outboundMessage(), signal)).toMatchObject({ sent: true });
  expect(await adapter.send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_RATE_LIMITED", retry_after_ms: 750 });
  now += 750;
  expect(await adapter.send(outboundMessage(), signal)).toMatchObject({ sent: true });
});

test("Slack: a refusal with status 200 is a refusal, and its name says of which kind", async () => {
  const kinds = [
    ["invalid_auth", "OUTBOUND_MISCONFIGURED", false],
    ["missing_scope", "OUTBOUND_MISCONFIGURED", false],
    ["not_in_channel", "OUTBOUND_REFUSED", false],
    ["rate_limited", "OUTBOUND_RATE_LIMITED", true],
    ["internal_error", "OUTBOUND_UNREACHABLE", true],
    ["something_new", "OUTBOUND_REFUSED", false],
  ] as const;
  for (const [error, code, retryable] of kinds) expect(await answered("slack", () => Response.json({ ok: false, error }))).toMatchObject({ sent: false, code, retryable, message: expect.stringContaining(error) });
});

test("a token that a service does not know is a matter of the settings", async () => {
  const unknown = { sent: false, code: "OUTBOUND_MISCONFIGURED", retryable: false, message: expect.stringContaining("outbound.test.token") };
  expect(await answered("discord", () => Response.json({ message: "401: Unauthorized", code: 0 }, { status: 401 }))).toMatchObject(unknown);
  expect(await answered("telegram", () => Response.json({ ok: false, error_code: 401, description: "Unauthorized" }, { status: 401 }))).toMatchObject(unknown);
  expect(await answered("telegram", () => Response.json({ ok: false, error_code: 404, description: "Not Found" }, { status: 404 }))).toMatchObject(unknown);
});

test("errors of a service are tried again, whatever their body is", async () => {
  for (const type of ["slack", "discord", "telegram"] as const) {
    for (const status of [500, 502, 503]) expect(await answered(type, () => new Response("<html>", { status }))).toMatchObject({ code: "OUTBOUND_UNREACHABLE", retryable: true });
    expect(await answered(type, () => new Response("banned", { status: 429, headers: { "retry-after": "9" } }))).toMatchObject({ code: "OUTBOUND_RATE_LIMITED", retry_after_ms: 9_000 });
  }
});

test("Telegram: a group that has become another is named", async () => {
  const moved = (): Response => Response.json({ ok: false, error_code: 400, description: "Bad Request: group chat was upgraded to a supergroup chat", parameters: { migrate_to_chat_id: -1_009_876_543_210 } }, { status: 400 });
  expect(await answered("telegram", moved)).toMatchObject({ code: "OUTBOUND_REFUSED", message: expect.stringContaining("-1009876543210") });
});

test("a message without a target says which setting is missing, and nothing is sent", async () => {
  for (const type of ["slack", "discord", "telegram"] as const) {
    await using receiver = new Receiver((received) => SERVICES[type]("accept", received, ""));
    const missing = { sent: false, code: "OUTBOUND_MISCONFIGURED", retryable: false, message: expect.stringContaining("set outbound.test.target to ") };
    expect(await outbound(type, receiver).send(outboundMessage(), signal)).toMatchObject(missing);
    expect(await outbound(type, receiver).send(outboundMessage({ thread_id: "../../users/@me", recipient: "a/b" }), signal)).toMatchObject(missing);
    expect(await outbound(type, receiver, { target: "not a target" }).send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_MISCONFIGURED", message: expect.stringContaining('outbound.test.target: "not a target" is not') });
    expect(receiver.received).toEqual([]);
  }
});

test("a token goes neither to a private address nor over plain http, unless the settings allow it", async () => {
  await using receiver = new Receiver((received) => slack("accept", received, ""));
  const plain = outboundOf({ type: "slack", api: receiver.url, token: { env: "TOKEN" }, target: "C0123456789" }, { env: { TOKEN } });
  expect(await plain.send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_MISCONFIGURED", message: expect.stringContaining("https://") });
  const inner = outboundOf({ type: "slack", api: receiver.url.replace("http:", "https:"), token: { env: "TOKEN" }, target: "C0123456789" }, { env: { TOKEN } });
  expect(await inner.send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_FORBIDDEN" });
  expect(receiver.received).toEqual([]);
});
