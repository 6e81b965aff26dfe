import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { accessPoliciesSchema, ACCESS_SETTINGS } from "./core/access-policy.ts";
import { agentSchema } from "./core/agent-settings.ts";
import { NexusError } from "./core/errors.ts";
import { nearest } from "./core/nearest.ts";
import { outboundSchema, secretSchema } from "./core/outbound-settings.ts";
import { DROP_POLICIES, QUEUE_MODES } from "./core/queue-mode.ts";

/** Every setting of `HOME/config.toml`, with its unit in the name, its default and its meaning. Unknown keys are errors. */
export const configSchema = z.strictObject({
  durability: z.enum(["full", "normal"]).default("full").describe("full: an acknowledged write survives power loss; normal: it survives a crash of the process"),
  persona: z.string().min(1).default("default").describe("persona of sessions that nothing else names"),
  agent: z.string().min(1).optional().describe("the agent of personas that name none; the only one, where one is configured"),
  isolation: z
    .enum(["auto", "sandbox", "process"])
    .default("auto")
    .describe("auto: hooks run in the strongest sandbox that works here, or in none; sandbox: in one, or the daemon does not start; process: in a process of their own, without"),
  hooks: z
    .strictObject({
      timeout_ms: z.int().min(1).max(3_600_000).default(30_000).describe("wall time of one invocation"),
      concurrency: z.int().min(1).max(64).default(1).describe("invocations of one hook at the same time"),
      memory_mb: z.int().min(8).max(4_096).default(256).describe("memory that one invocation may take, and that a hook may keep between them"),
      llm_calls: z.int().min(0).max(1_000).default(10).describe("ctx.llm calls of one invocation"),
      max_fires_per_hour: z.int().min(1).max(100_000).default(10_000).describe("fires of one hook within an hour; beyond it events are skipped_quota"),
      load_timeout_ms: z.int().min(10).max(60_000).default(5_000).describe("time a script may take to load"),
      delete_retention_days: z.int().min(0).max(3_650).default(30).describe("how long a deleted hook can be restored"),
    })
    .prefault({}),
  breaker: z
    .strictObject({
      failures: z.int().min(1).max(1_000).default(5).describe("consecutive failures that open a hook's breaker"),
      cooldown_ms: z.int().min(1).max(86_400_000).default(300_000).describe("how long it stays open before one trial"),
    })
    .prefault({}),
  evaluator: z
    .strictObject({
      warm_workers: z.int().min(1).max(4_096).default(256).describe("Workers kept warm; the least recently used is retired past it"),
      idle_ms: z.int().min(1_000).max(86_400_000).default(600_000).describe("a Worker unused for so long is retired"),
      permission_sets: z.int().min(1).max(64).default(8).describe("evaluators beside the shared one, each for hooks with the same permissions; a further set waits for an idle one"),
      terminate_grace_ms: z.int().min(10).max(10_000).default(250).describe("a Worker that does not end in this time after terminate() costs the evaluator its life"),
      memory_mb: z.int().min(128).max(1_048_576).default(2_048).describe("memory of the whole evaluator process; past it, it is killed"),
      answer_ms: z.int().min(100).max(600_000).default(5_000).describe("an evaluator whose main thread does not answer for so long is killed"),
    })
    .prefault({}),
  events: z
    .strictObject({
      max_bytes: z.int().min(1_024).max(64 * 1_048_576).default(1_048_576).describe("size of one event as JSON"),
      max_depth: z.int().min(1).max(64).default(8).describe("length of a chain of causes; longer ones are stored and not evaluated"),
      max_chain: z.int().min(1).max(100_000).default(256).describe("events of one chain of causes, whatever its shape; the next is stored and not evaluated, further ones are refused"),
      max_waiting: z.int().min(100).max(100_000_000).default(1_000_000).describe("events that may wait for evaluation; more are refused until some are done. Events of held sources are counted apart, up to the same number"),
      max_uncommitted: z.int().min(100).max(1_000_000).default(10_000).describe("events that may wait to be committed, of which one source may have half"),
      max_uncommitted_bytes: z.int().min(1_048_576).max(1_073_741_824).default(67_108_864).describe("the same in bytes"),
      max_attempts: z.int().min(1).max(1_000).default(20).describe("how often a pair is tried alone when the daemon ends each time; after that it is dead"),
      queue_pairs: z.int().min(1_000).max(10_000_000).default(200_000).describe("(event, hook) pairs held in memory; what is beyond waits in the database"),
    })
    .prefault({}),
  storage: z
    .strictObject({
      ballast_bytes: z.int().min(0).max(1_073_741_824).default(16_777_216).describe("a file that is given up when the disk is full, so that there is room to finish and to clean up; 0: none"),
      min_free_bytes: z.int().min(0).max(1_099_511_627_776).default(67_108_864).describe("with less free than this on the disk, new events are refused before the disk is full"),
    })
    .prefault({}),
  schedule: z
    .strictObject({
      catch_up_cap: z.int().min(1).max(10_000).default(100).describe("slots of one schedule that catch_up = 'all' runs after a stop"),
      late_after_ms: z.int().min(1_000).max(3_600_000).default(60_000).describe("a slot run later than this is recorded as late"),
    })
    .prefault({}),
  retention: z
    .strictObject({
      fold_after_hours: z.int().min(1).max(87_600).default(24).describe("invocations that neither fired nor say anything become hourly counters after this"),
      invocations_days: z.int().min(1).max(36_500).default(180).describe("all other invocations: fires, failures, results, logs; their events stay as long"),
      events_days: z.int().min(1).max(36_500).default(90).describe("events on which nothing kept depends"),
      dispatches_days: z.int().min(1).max(36_500).default(180).describe("settled dispatches; a pending one is never removed"),
      logs_days: z.int().min(1).max(36_500).default(30).describe("what hooks wrote while they ran"),
      notices_days: z.int().min(1).max(36_500).default(90).describe("notices, of which the newest 50 000 are kept in any case"),
      slots_days: z.int().min(1).max(36_500).default(30).describe("settled slots of schedules; the newest of each stays"),
      stats_fine_days: z.int().min(1).max(36_500).default(7).describe("counters of five minutes become hourly ones after this"),
      stats_days: z.int().min(1).max(36_500).default(730).describe("hourly counters, and the record of what retention removed"),
      ref_moves: z.int().min(10).max(10_000_000).default(10_000).describe("moves of one ref that are kept; a passage that nothing names any more goes after events_days"),
      max_bytes: z.int().min(1_048_576).max(2 ** 50).default(10 * 2 ** 30).describe("size of the database, past which the oldest goes first, whatever its age"),
    })
    .prefault({}),
  agents: z.record(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "expected lower case letters, digits, - and _"), agentSchema).default({}).describe("who answers; see docs/agents.md"),
  personas: z
    .record(z.string().min(1), z.strictObject({ agent: z.string().min(1).optional().describe("who answers as it"), files: z.array(z.string().min(1)).max(100).default([]).describe("read for each turn, relative to the home") }))
    .default({})
    .describe("as whom agents answer"),
  llm: z
    .strictObject({
      provider: z.literal("gemini").default("gemini").describe("whose API it is"),
      model: z.string().min(1).max(256).default("gemini-3-flash-preview").describe("its name there"),
      key: secretSchema.describe("{ env = NAME } or { file = PATH }: read at each request, never stored"),
      api: z.url().optional().describe("another address of the same API"),
      timeout_ms: z.int().min(100).max(3_600_000).default(120_000).describe("time of one attempt"),
    })
    .optional()
    .describe("the model behind ctx.llm and agents with the runner llm"),
  outbound: z.record(z.string().min(1), outboundSchema).default({}).describe("how answers reach people; see docs/outbound.md"),
  queue: z
    .strictObject({
      mode: z.enum(QUEUE_MODES).default("steer").describe("for a busy session, where the hook says nothing"),
      debounce_ms: z.int().min(0).max(3_600_000).default(500).describe("quiet time after which what is to be collected becomes one turn"),
      cap: z.int().min(1).max(10_000).default(20).describe("so many may wait for one session"),
      drop: z.enum(DROP_POLICIES).default("summarize").describe("what goes past the cap: the oldest, named to the agent; the oldest; the newest"),
      ttl_ms: z.int().min(1_000).max(2_592_000_000).default(86_400_000).describe("a dispatch that waits for longer expires"),
    })
    .prefault({}),
  broker: z
    .strictObject({
      max_turns: z.int().min(1).max(1_000).default(8).describe("turns at the same time"),
      max_attempts: z.int().min(1).max(100).default(3).describe("turns that are begun for one dispatch, when they fail for a passing reason or are lost"),
      retry_ms: z.int().min(1).max(3_600_000).default(5_000).describe("time until the second attempt; doubled for each further one, five minutes at most"),
      max_sends: z.int().min(1).max(1_000).default(8).describe("messages that are being delivered at the same time"),
    })
    .prefault({}),
  context: z
    .strictObject({
      max_tokens: z.int().min(256).max(10_000_000).default(32_000).describe("size of what an agent is given, in estimated tokens of four bytes"),
      files: z.array(z.string().min(1)).max(100).default([]).describe("workspace files, given to every agent; relative to the home"),
      found_events: z.int().min(0).max(50).default(0).describe("earlier events of any conversation whose text is most alike (full text) that go along; whoever writes can then ask about them"),
      history_turns: z.int().min(0).max(1_000).default(20).describe("turns of the session that go along when a hook asks for the thread"),
    })
    .prefault({}),
  access: accessPoliciesSchema.default([]).describe("whose events hooks may see, with which permissions and in which session; see docs/identity.md"),
  refs: z
    .strictObject({
      max_passage_bytes: z.int().min(1_024).max(64 * 1_048_576).default(1_048_576).describe("size of a passage's content"),
      max_metadata_bytes: z.int().min(64).max(1_048_576).default(65_536).describe("size of the metadata of a passage or a ref, as JSON"),
      max_hooks: z.int().min(1).max(10_000).default(100).describe("hooks of one ref"),
      max_depth: z.int().min(0).max(64).default(8).describe("how far the updates of hooks may cascade"),
      max_writes: z.int().min(1).max(10_000).default(100).describe("refs that one update may write, cascades included"),
      timeout_ms: z.int().min(1).max(3_600_000).default(30_000).describe("wall time of a script, an action or a processor"),
      webhook_timeout_ms: z.int().min(100).max(600_000).default(10_000).describe("time of one attempt to send a webhook"),
      webhook_attempts: z.int().min(1).max(100).default(10).describe("attempts to send one; then it is dead"),
      webhook_private: z.boolean().default(false).describe("whether webhooks may go to this machine and to private networks"),
      max_waiting: z.int().min(1).max(1_000_000).default(10_000).describe("webhooks that may wait to be sent, and runs that may wait; an update that needs more is refused"),
      max_runs: z.int().min(1).max(64).default(2).describe("runs at the same time; one at a time of each processor"),
      run_attempts: z.int().min(1).max(100).default(3).describe("attempts of one run; then it has failed"),
    })
    .prefault({}),
  secrets: z
    .strictObject({
      env: z.array(z.string().min(1).max(256)).max(200).default([]).describe("variables whose values never reach the database or the log, beside those whose names look secret"),
      files: z.array(z.string().min(1).max(4_096)).max(200).default([]).describe("files whose contents never do; relative to the home"),
    })
    .prefault({}),
  health: z
    .strictObject({
      check_max_mb: z.int().min(0).max(1_048_576).default(2_048).describe("after an unclean stop the database is checked before the daemon starts, unless it is larger"),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;

/** Reads `HOME/config.toml`; all defaults when there is none. */
export function loadConfig(home: string): Config {
  const path = join(home, "config.toml");
  if (!existsSync(path)) return configSchema.parse({});
  let raw: unknown;
  try {
    raw = Bun.TOML.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new NexusError("CONFIG_INVALID", `${path} is not TOML: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw configError(path, parsed.error);
}

function configError(path: string, error: z.ZodError): NexusError {
  const issue = error.issues[0];
  if (issue === undefined) return new NexusError("CONFIG_INVALID", `${path} is invalid`);
  if (issue.code !== "unrecognized_keys") {
    return new NexusError("CONFIG_INVALID", `${path}: ${issue.path.join(".")}: ${issue.message}`);
  }
  const key = issue.keys[0] ?? "";
  const full = [...issue.path, key].join(".");
  // The n-th table of a list has the settings of all of them.
  const name = [...issue.path.filter((part) => typeof part === "string"), key].join(".");
  return new NexusError("CONFIG_INVALID", `${path}: unknown key \`${full}\``, { did_you_mean: nearest(name, [...settingNames(), ...ACCESS_SETTINGS]) });
}

function settingNames(): string[] {
  return Object.entries(configSchema.shape).flatMap(([name, schema]) => {
    const inner = schema instanceof z.ZodPrefault ? schema.unwrap() : undefined;
    return inner instanceof z.ZodObject ? Object.keys(inner.shape).map((key) => `${name}.${key}`) : [name];
  });
}
