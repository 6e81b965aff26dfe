import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A home where things go wrong, for the dashboard's captures and for trying it: a hook in a crash loop, a session whose queue
 * grows, a schedule that was missed, a ref whose hook refuses. `bun scripts/sample-home.ts FOLDER` makes one; the daemon is
 * started by `nexus serve --home FOLDER`.
 */
const HOOKS: Readonly<Record<string, string>> = {
  "route-mentions": `/** @description Hands a message that names an agent to that agent */
export const hook: Hook = {
  triggers: { event: { types: ["message"] } },
  handler: (ctx) => {
    const named = /@(\\w+)/.exec(ctx.event.content ?? "")?.[1];
    if (named === undefined) return { fire: false };
    ctx.state.set("named", (Number(ctx.state.get("named") ?? 0)) + 1);
    return { fire: true, agent: "atlas", context: { prompt: \`You were named: \${ctx.event.content}\` } };
  },
};
`,
  "crash-loop": `/** @description Reads a field that webhooks stopped to send in June */
export const hook: Hook = {
  triggers: { event: { types: ["webhook"] } },
  handler: (ctx) => {
    console.warn("looking at", ctx.event.id);
    const pull = ctx.event.metadata["pull_request"] as { title: string };
    return { fire: pull.title.startsWith("urgent") };
  },
};
`,
  "slow-check": `/** @description Takes its time */
export const hook: Hook = {
  triggers: { event: { channels: ["sms"] } },
  limits: { timeout_ms: 300 },
  handler: async (ctx) => {
    await new Promise((resolve) => setTimeout(resolve, (ctx.event.content?.length ?? 0) * 10));
    return { fire: false };
  },
};
`,
  "every-minute": `/** @description Looks at the queue each minute */
export const hook: Hook = { schedule: { every: "1m" }, handler: () => ({ fire: false }) };
`,
  "nightly-report": `/** @description The report of the night */
export const hook: Hook = { schedule: { cron: "15 3 * * *", timezone: "Europe/Berlin" }, handler: () => ({ fire: true, agent: "atlas", context: { prompt: "Write the report of the night." } }) };
`,
  "no-duplicates": `/** @description Counts what was said twice */
export const hook: Hook = {
  triggers: { event: { channels: ["email"] } },
  handler: (ctx) => {
    const key = String(ctx.event.content).slice(0, 40);
    const seen = Number(ctx.state.get(key) ?? 0);
    ctx.state.set(key, seen + 1);
    return { fire: false };
  },
};
`,
};

/** Slower than messages come. */
const AGENT = "cat > /dev/null; sleep 20; echo Done.";

const configOf = (agent: string): string => `[agents.atlas]
runner = "command"
command = ["bash", "-c", ${JSON.stringify(agent)}]

[outbound.mail]
type = "file"
path = "answers.ndjson"
channels = ["email", "discord"]
`;

export const SAMPLE_EVENTS: readonly Readonly<Record<string, unknown>>[] = [
  { type: "message", channel: "discord", sender_id: "mira", thread_id: "ops", content: "@atlas the checkout is slow, can you look?" },
  { type: "message", channel: "discord", sender_id: "jonas", thread_id: "ops", content: "The pool went from 12 to 90 connections in five minutes" },
  { type: "webhook", channel: "webhook", sender_id: "github", content: "push to main", metadata: { ref: "refs/heads/main", commits: 3 } },
  { type: "message", channel: "email", sender_id: "kim@example.com", content: "Invoice 4711 (zweite Mahnung): bitte prüfen, grüße" },
  { type: "message", channel: "sms", sender_id: "+49170000", content: "home: front door opened" },
  { type: "message", channel: "discord", sender_id: "李雷", thread_id: "ops", content: "@atlas 数据库连接数过高 🔥🔥 please check" },
  { type: "message", channel: "sms", sender_id: "+49170001", content: "a longer message, for which the check takes more time than it has; it is ended by its timeout then" },
  { type: "message", channel: "discord", sender_id: "mallory", thread_id: "ops", content: "\u001b[2J\u001b]0;owned\u0007 \u202egnp.exe of right-to-left fame, and שלום" },
];

/** Its settings and scripts; what is done with them is its caller's. `agent`: what bash is told to do for each turn. */
export function writeSampleHome(home: string, agent = AGENT): readonly string[] {
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "config.toml"), configOf(agent));
  return Object.entries(HOOKS).map(([name, text]) => {
    const path = join(home, `${name}.ts`);
    writeFileSync(path, text);
    return path;
  });
}

/** What the hook that crashes was before it did. */
const CRASH_LOOP_BEFORE = `/** @description Urgent pull requests */
export const hook: Hook = {
  triggers: { event: { types: ["webhook"] } },
  handler: (ctx) => ({ fire: String(ctx.event.metadata["title"]).startsWith("urgent") }),
};
`;

/** A ref hook's action that refuses what is too long. */
const SHORT_PASSAGES = `/** @description A profile has at most twelve words */
export const hook: Hook = {
  triggers: { event: { channels: ["none"] } },
  handler: (ctx) => {
    const words = (ctx.passage?.content ?? "").split(/\\s+/).length;
    if (words > 12) throw new Error(\`\${words} words: a profile has at most 12\`);
  },
};
`;

/** Runs a command of nexus to its end, and returns what it has said; throws unless it ends with `code`. */
export type RunNexus = (words: readonly string[], stdin?: string, code?: number) => string;

export function nexusRunner(home: string): RunNexus {
  const nexus = join(import.meta.dir, "..", "src", "cli", "main.ts");
  return (words, stdin = "", code = 0) => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, nexus, ...words, "--home", home], { stdin: Buffer.from(stdin) });
    if (exitCode !== code) throw new Error(`nexus ${words.join(" ")}: ${stderr.toString()}`);
    return stdout.toString();
  };
}

/** A sample home with its hooks, their refs, and events that wait for a daemon. */
export function makeSampleHome(home: string, run: RunNexus, agent?: string): void {
  const paths = writeSampleHome(home, agent);
  const crashLoop = join(home, "crash-loop.ts");
  const now = readFileSync(crashLoop, "utf8");
  writeFileSync(crashLoop, CRASH_LOOP_BEFORE);
  for (const path of paths) run(["hooks", "register", path]);
  writeFileSync(crashLoop, now);
  run(["hooks", "update", "crash-loop", crashLoop]);
  run(["branches", "create", "assistant/main", "--main"]);
  run(["refs", "set", "assistant/human/main", "--content", "They live in Berlin, and like short answers."]);
  run(["refs", "hooks", "create", "assistant/human/main", "audit_log", "--config", '{"destination": "compliance"}']);
  const shortPassages = join(home, "short-passages.ts");
  writeFileSync(shortPassages, SHORT_PASSAGES);
  run(["hooks", "register", shortPassages]);
  run(["refs", "hooks", "create", "assistant/human/main", "script", "--config", '{"hook": "short-passages"}']);
  run(["refs", "set", "assistant/human/main", "--content", "They live in Lyon, and like short answers."]);
  run(["refs", "set", "assistant/human/main", "--content", "They have told us at great length what they like, and what they do not like."], "", 1);
  run(["events", "import", "-"], Array.from({ length: 10 }, () => SAMPLE_EVENTS).flat().map((event) => JSON.stringify(event)).join("\n"));
}

if (import.meta.main) {
  const home = process.argv[2] ?? "";
  if (home === "") throw new Error("usage: bun scripts/sample-home.ts FOLDER");
  makeSampleHome(home, nexusRunner(home));
  console.log(home);
}
