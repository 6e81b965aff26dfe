import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { EventInput } from "../../src/engine/core/event-input.ts";

const INDEX = fileURLToPath(new URL("../../node_modules/@octokit/webhooks-examples/api.github.com/index.json", import.meta.url));

const payloadSchema = z.looseObject({ action: z.string().optional() });
const indexSchema = z.array(z.object({ name: z.string(), examples: z.array(payloadSchema) }));

/** GitHub's own examples of webhook payloads, as the webhook events they arrive as. */
export function githubEvents(timestamp = Date.parse("2027-03-05T12:00:00Z")): EventInput[] {
  const index = indexSchema.parse(JSON.parse(readFileSync(INDEX, "utf8")));
  return index.flatMap(({ name, examples }) =>
    examples.map((payload, position) => ({
      timestamp,
      type: "webhook",
      channel: "webhook",
      source_adapter: "webhook",
      source_id: `github:${name}:${position}`,
      content: `GitHub ${name}${payload.action === undefined ? "" : ` ${payload.action}`}`,
      metadata: { source: "github", event: name, ...(payload.action === undefined ? {} : { action: payload.action }), payload },
    })),
  );
}
