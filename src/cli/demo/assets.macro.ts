import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What the demo needs of the repository, read when it is bundled and put into the bundle: so the binary brings it
 * along. From source it is read at every start.
 */
const root = join(import.meta.dir, "..", "..", "..");

/** The example hooks: file name → text. */
export function exampleTexts(): Record<string, string> {
  const folder = join(root, "hook-examples");
  const names = readdirSync(folder).filter((name) => name.endsWith(".ts")).sort();
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** The example agent, a shell script. */
export function exampleAgent(): string {
  return readFileSync(join(root, "hook-examples", "agent.sh"), "utf8");
}

/** GitHub's own examples of its webhooks (npm package @octokit/webhooks-examples), gzipped, as base64. */
export function githubExamples(): string {
  const json = readFileSync(join(root, "node_modules", "@octokit", "webhooks-examples", "api.github.com", "index.json"));
  return Buffer.from(Bun.gzipSync(json)).toString("base64");
}
