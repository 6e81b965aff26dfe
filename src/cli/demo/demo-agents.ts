import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whom the example hooks name. */
const AGENTS = ["atlas", "scribe"] as const;
/** Where the demo's events come from; answers to all of them end in one file. */
const CHANNELS = ["imessage", "discord", "sms", "email", "webhook", "timer"] as const;

/** Answers end here, a JSON line each. */
export function answersPath(home: string): string {
  return join(home, "answers.ndjson");
}

/**
 * Writes the agent and a config.toml that names it, where there is none. The demo's clock stands while it works, so
 * nothing waits for a quiet moment.
 */
export function configureAgents(home: string, agent: string): void {
  const folder = join(home, "examples");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const program = join(folder, "agent.sh");
  writeFileSync(program, agent, { mode: 0o700 });
  const config = join(home, "config.toml");
  if (existsSync(config)) return;
  const agents = AGENTS.map((name) => `[agents.${name}]\nrunner = "command"\ncommand = ["/bin/sh", ${JSON.stringify(program)}]\n`);
  const outbound = `[outbound.answers]\ntype = "file"\npath = "answers.ndjson"\nchannels = ${JSON.stringify(CHANNELS)}\n`;
  writeFileSync(config, `# Written by nexus demo.\n\n${agents.join("\n")}\n${outbound}\n[queue]\ndebounce_ms = 0\n`, { mode: 0o600 });
}
