import { z } from "zod";
import { secretSchema } from "../core/outbound-settings.ts";

/** What nexus says of the request itself. */
const OWN = new Set(["host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect", "idempotency-key", "webhook-id", "webhook-timestamp"]);

export function isOwnHeader(given: string): boolean {
  return OWN.has(given.toLowerCase());
}

const name = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$/, "expected the name of an HTTP header")
  .refine((given) => !isOwnHeader(given), "nexus sets this header itself");
const VALUE_EXPECTED = 'expected one line of at most 8192 Latin characters, {"env": "NAME"} or {"file": "/path"}';
const text = z.string().max(8_192, VALUE_EXPECTED).regex(/^[\t\u0020-\u007e\u0080-\u00ff]*$/, VALUE_EXPECTED);

/** Headers that a webhook may carry: what cannot be sent is refused where it is written. */
export const webhookHeadersSchema = z.record(name, z.union([text, secretSchema], VALUE_EXPECTED), "expected an object of header names and their values");
