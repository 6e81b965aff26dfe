import { expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { T0 } from "../../../helpers/rows.ts";
import { outboundMessage } from "./conformance.ts";
import { Receiver } from "./receiver.ts";
import { outboundOf } from "./subjects.ts";

const signal = new AbortController().signal;
const statusOf = (status: number, headers: Record<string, string> = {}): Receiver => new Receiver(() => new Response("body", { status, headers }));

test("a receiver can verify what it is sent with the library of Standard Webhooks", async () => {
  for (const secret of [`whsec_${Buffer.from("0123456789abcdef01234567").toString("base64")}`, "any-other-text"]) {
    await using receiver = statusOf(200);
    const message = outboundMessage({ text: "Grüße 👋" });
    expect(await outboundOf({ type: "webhook", url: receiver.url, allow_private: true, secret: { env: "S" } }, { env: { S: secret } }).send(message, signal)).toEqual({ sent: true });
    const { headers, text } = receiver.last;
    const key = secret.startsWith("whsec_") ? new Webhook(secret) : new Webhook(secret, { format: "raw" });
    expect(key.verify(text, Object.fromEntries(headers))).toEqual({ ...message });
    expect([headers.get("webhook-id"), headers.get("content-type")]).toEqual([message.delivery_id, "application/json"]);
    expect(() => key.verify(`${text} `, Object.fromEntries(headers))).toThrow();
  }
});

test("the timestamp is that of the attempt, and the id that of the delivery", async () => {
  await using receiver = statusOf(503);
  let now = T0;
  const outbound = outboundOf({ type: "webhook", url: receiver.url, allow_private: true, secret: { env: "S" } }, { env: { S: "some-secret" }, now: () => now });
  await outbound.send(outboundMessage(), signal);
  now += 60_000;
  await outbound.send(outboundMessage(), signal);
  expect(receiver.received.map(({ headers }) => Number(headers.get("webhook-timestamp")) * 1_000)).toEqual([T0, T0 + 60_000]);
  expect(new Set(receiver.received.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1);
});

test("without a secret nothing is signed, and settings cannot put a signature there", async () => {
  await using receiver = statusOf(200);
  await outboundOf({ type: "webhook", url: receiver.url, allow_private: true, headers: { "X-Api-Key": "key", "webhook-signature": "v1,forged", "Webhook-Id": "forged" } }).send(outboundMessage(), signal);
  expect([receiver.last.headers.get("x-api-key"), receiver.last.headers.get("webhook-signature"), receiver.last.headers.get("webhook-id")]).toEqual(["key", null, outboundMessage().delivery_id]);
});

const STATUSES: readonly (readonly [status: number, code: string | undefined, retryable?: boolean])[] = [
  [200, undefined],
  [202, undefined],
  [204, undefined],
  [301, "OUTBOUND_REFUSED", false],
  [307, "OUTBOUND_REFUSED", false],
  [400, "OUTBOUND_REFUSED", false],
  [401, "OUTBOUND_REFUSED", false],
  [404, "OUTBOUND_REFUSED", false],
  [408, "OUTBOUND_UNREACHABLE", true],
  [409, "OUTBOUND_UNREACHABLE", true],
  [410, "OUTBOUND_GONE", false],
  [413, "OUTBOUND_REFUSED", false],
  [422, "OUTBOUND_REFUSED", false],
  [425, "OUTBOUND_UNREACHABLE", true],
  [429, "OUTBOUND_RATE_LIMITED", true],
  [500, "OUTBOUND_UNREACHABLE", true],
  [503, "OUTBOUND_UNREACHABLE", true],
];

for (const [status, code, retryable] of STATUSES) {
  test(`status ${status} is ${code ?? "sent"}`, async () => {
    await using receiver = statusOf(status, { location: "http://127.0.0.1:1/", "retry-after": "7" });
    const result = await outboundOf({ type: "webhook", url: receiver.url, allow_private: true }).send(outboundMessage(), signal);
    if (code === undefined) expect(result).toEqual({ sent: true });
    else expect(result).toMatchObject({ sent: false, code, retryable });
    expect("disable" in result).toBe(status === 410);
    expect(JSON.stringify(result)).not.toContain("body");
    if (status === 503) expect(result).toMatchObject({ retry_after_ms: 7_000 });
    expect(receiver.received.length).toBe(1);
  });
}

test("an HTTP date in Retry-After is a pause from now", async () => {
  await using receiver = statusOf(429, { "retry-after": new Date(T0 + 45_000).toUTCString() });
  const outbound = outboundOf({ type: "webhook", url: receiver.url, allow_private: true }, { now: () => T0 });
  expect(await outbound.send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_RATE_LIMITED", retry_after_ms: 45_000 });
});

test("an address of this machine is forbidden unless the settings allow it", async () => {
  await using receiver = statusOf(200);
  expect(await outboundOf({ type: "webhook", url: receiver.url }).send(outboundMessage(), signal)).toMatchObject({ code: "OUTBOUND_FORBIDDEN", retryable: false, message: expect.stringContaining("allow_private") });
  expect(receiver.received).toEqual([]);
});

test("settings that cannot be used are named, without their values", async () => {
  const cases: readonly (readonly [Record<string, unknown>, string])[] = [
    [{ secret: { env: "MISSING" } }, "outbound.test.secret: the variable MISSING is not set"],
    [{ secret: { file: "no-such-file" } }, "outbound.test.secret: no-such-file: it cannot be read (ENOENT)"],
    [{ secret: { env: "BROKEN" } }, "outbound.test.secret: what follows whsec_ is not base64"],
    [{ headers: { Host: "other.example" } }, "outbound.test.headers: Host is set by nexus"],
    [{ headers: { "X-Key": "line\r\nInjected: yes" } }, "outbound.test.headers: X-Key is no possible header, or its value is none"],
  ];
  for (const [settings, message] of cases) {
    const result = await outboundOf({ type: "webhook", url: "https://example.com/", ...settings }, { env: { BROKEN: "whsec_$$$$not-base64" } }).send(outboundMessage(), signal);
    expect(result).toMatchObject({ sent: false, code: "OUTBOUND_MISCONFIGURED", message: expect.stringContaining(message) });
    expect(JSON.stringify(result)).not.toMatch(/\$\$\$\$|Injected|other\.example/);
  }
});
