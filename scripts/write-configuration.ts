import { join } from "node:path";
import { z } from "zod";
import { configSchema } from "../src/engine/config.ts";

/** The table of docs/configuration.md, from the schema: a setting, its default, what it means. */
export function configurationTable(): string {
  const rows = Object.entries(configSchema.shape).flatMap(([name, schema]) => {
    const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : undefined;
    if (!(inner instanceof z.ZodObject)) return [row(name, schema)];
    return Object.entries(inner.shape).map(([key, setting]) => row(`${name}.${key}`, setting));
  });
  return ["| setting | default | meaning |", "|---|---|---|", ...rows].join("\n");
}

function row(name: string, schema: unknown): string {
  if (!(schema instanceof z.ZodType)) throw new Error(`${name} is no setting`);
  return `| \`${name}\` | \`${JSON.stringify(schema.parse(undefined))}\` | ${schema.description ?? ""} |`;
}

export const CONFIGURATION_PATH = join(import.meta.dir, "..", "docs", "configuration.md");

export function configurationPage(): string {
  return `# Configuration

\`config.toml\` in the home (\`~/nexus\`, or \`NEXUS_HOME\`, or \`--home\`). It is optional; every key is. An unknown key, or a value of
the wrong type, is an error that names the nearest valid one. The daemon reads it when it starts.

\`\`\`toml
durability = "normal"

[hooks]
timeout_ms = 10_000

[breaker]
failures = 3
\`\`\`

${configurationTable()}

A hook's own \`limits\` win over the defaults of \`[hooks]\`. How memory is limited: [isolation.md](isolation.md).
`;
}

if (import.meta.main) await Bun.write(CONFIGURATION_PATH, configurationPage());
