import { expect, test } from "bun:test";
import { NOT_STORED, withSafeHeaders } from "../../../src/engine/ingest/headers.ts";
import { normaliseEvent } from "../../../src/engine/ingest/normalise.ts";

const SENSITIVE = ["authorization", "Authorization", "cookie", "set-cookie", "x-api-key", "x-hub-signature-256", "stripe-signature", "webhook-signature", "x-gitlab-token", "x-session-id", "x-auth-type", "proxy-authorization", "x-unknown"];
const PLAIN = { "Content-Type": "application/json", "user-agent": "GitHub-Hookshot", "x-github-event": "push", "x-github-delivery": "1-2", "webhook-id": "msg_1", "webhook-timestamp": "17" };

// switch: mutant headers-are-filtered
test("no header that may carry a credential keeps its value, whatever form the headers have", () => {
  const event = normaliseEvent({ metadata: { headers: { ...PLAIN, ...Object.fromEntries(SENSITIVE.map((name) => [name, "canary"])) }, request: { headers: { cookie: ["canary"] }, path: "/x" } } }, { now: 1, maxBytes: 100_000 });
  expect(JSON.stringify(event)).not.toContain("canary");
  expect(event.metadata["headers"]).toMatchObject(PLAIN);
  expect(event.metadata["headers"]).toHaveProperty("x-api-key", NOT_STORED);
  expect(event.metadata["request"]).toEqual({ headers: { cookie: NOT_STORED }, path: "/x" });
  for (const headers of [[["Cookie", "canary"]], [{ name: "Cookie", value: "canary" }], [{ key: "cookie", value: "canary" }], ["Cookie", "canary", "Host", "h"], "Cookie: canary", [["Host", "h"], "Cookie: canary", 5]]) {
    expect(JSON.stringify(withSafeHeaders({ headers }))).not.toContain("canary");
  }
  expect(withSafeHeaders({ headers: [["Host", "h"]] })).toEqual({ headers: [["Host", "h"]] });
});

test("metadata without headers is the same object", () => {
  const metadata = { a: 1, request: { path: "/x" } };
  expect(withSafeHeaders(metadata)).toBe(metadata);
});
