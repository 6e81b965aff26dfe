import { z } from "zod";
import { githubExamples } from "./assets.macro.ts" with { type: "macro" };

const indexSchema = z.array(z.object({ name: z.string(), examples: z.array(z.looseObject({ action: z.string().optional() })) }));

/** All of GitHub's example payloads, as the webhook events they arrive as. Deterministic ids: a repetition is a duplicate. */
export function githubWebhooks(timestamp: number): { readonly id: string; readonly [field: string]: unknown }[] {
  const json = Buffer.from(Bun.gunzipSync(Buffer.from(githubExamples(), "base64"))).toString("utf8");
  return indexSchema.parse(JSON.parse(json)).flatMap(({ name, examples }) =>
    examples.map((payload, position) => ({
      id: `webhook:github:${name}:${position}`,
      timestamp,
      type: "webhook",
      channel: "webhook",
      content: `GitHub ${name}${payload.action === undefined ? "" : ` ${payload.action}`}`,
      metadata: { source: "github", event: name, ...(payload.action === undefined ? {} : { action: payload.action }), payload },
    })),
  );
}
