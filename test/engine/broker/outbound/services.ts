import { strange, type Behaviour, type Received } from "./receiver.ts";

/** Each answers as its service documents it. `echo` is put where the service repeats what it was given. */
type Service = (behaviour: Behaviour, received: Received, echo: string) => Response | undefined;

export const slack: Service = (behaviour, { json }, echo) => {
  switch (behaviour) {
    case "accept":
      return Response.json({ ok: true, channel: json["channel"], ts: "1767225600.000100", message: { text: json["text"] } });
    case "refuse":
      return Response.json({ ok: false, error: `channel_not_found ${echo}` });
    case "limit":
      return Response.json({ ok: false, error: "ratelimited" }, { status: 429, headers: { "retry-after": "30" } });
    default:
      return other(behaviour);
  }
};

export const discord: Service = (behaviour, { json }, echo) => {
  switch (behaviour) {
    case "accept":
      return Response.json({ id: "1200000000000000001", channel_id: "1100000000000000001", content: json["content"], nonce: json["nonce"] }, { headers: { "x-ratelimit-bucket": "b", "x-ratelimit-limit": "5", "x-ratelimit-remaining": "4", "x-ratelimit-reset-after": "1.0" } });
    case "refuse":
      return Response.json({ message: `Missing Permissions ${echo}`, code: 50_013 }, { status: 403 });
    case "limit":
      return Response.json({ message: "You are being rate limited.", retry_after: 1.25, global: false }, { status: 429, headers: { "retry-after": "2", "x-ratelimit-bucket": "abcd1234", "x-ratelimit-scope": "user" } });
    default:
      return other(behaviour);
  }
};

export const telegram: Service = (behaviour, { json }, echo) => {
  switch (behaviour) {
    case "accept":
      return Response.json({ ok: true, result: { message_id: 42, date: 1_767_225_600, chat: { id: json["chat_id"], type: "private" }, text: json["text"] } });
    case "refuse":
      return Response.json({ ok: false, error_code: 403, description: `Forbidden: bot was blocked by the user ${echo}` }, { status: 403 });
    case "limit":
      return Response.json({ ok: false, error_code: 429, description: "Too Many Requests: retry after 14", parameters: { retry_after: 14 } }, { status: 429 });
    default:
      return other(behaviour);
  }
};

export const webhook: Service = (behaviour, _received, echo) => {
  switch (behaviour) {
    case "accept":
      return new Response(null, { status: 204 });
    case "refuse":
      return new Response(`unknown ${echo}`, { status: 400, statusText: echo });
    case "limit":
      return new Response("later", { status: 429, headers: { "retry-after": "120" } });
    default:
      return other(behaviour);
  }
};

function other(behaviour: Behaviour): Response | undefined {
  return behaviour === "garbage" || behaviour === "flood" ? strange(behaviour) : undefined;
}
