import { DRY_RUN, type CommandSpec } from "./call.ts";

const REF = ["<ref>", "its name, such as agent/human/HEAD"] as const;
const REF_HOOK = ["<hook>", "its id, or a unique prefix of it"] as const;
const NO_HOOKS = ["--no-hooks", "run no hooks for this update"] as const;

/** Commands of refs, their hooks and branches; see commands.ts. */
export const REF_COMMANDS: readonly CommandSpec[] = [
  {
    path: "refs set",
    summary: "point a ref at a passage; its hooks run in the same transaction, or nothing is changed",
    args: [REF, ["[passage]", "id of a passage; or give --content or --file"]],
    options: [
      ["--content <text>", "add a passage with this text, and point at it"],
      ["--file <path>", "the same, from a file; - is standard input"],
      ["--type <type>", "of the new passage (text)"],
      ["--passage-metadata <json...>", "of the new passage: a JSON object, or key=value (several)"],
      ["--metadata <json...>", "of the ref from now on: a JSON object, or key=value (several)"],
      ["--expect <passage>", "only if the ref is at this passage; none: only if it is not there"],
      NO_HOOKS,
      DRY_RUN,
    ],
    examples: [
      'nexus refs set agent/human/HEAD --content "Casey lives in Lyon." --type model',
      "git log -1 --format=%B | nexus refs set agent/daily/HEAD --file - --metadata agent_id=casey-7",
      "nexus refs set agent/human/HEAD PASSAGE --expect PASSAGE_BEFORE --dry-run",
    ],
    load: () => import("./commands/refs-set.ts"),
  },
  { path: "refs delete", summary: "delete a ref; its history stays, no hooks run", args: [REF], options: [["--expect <passage>", "only if the ref is at this passage"], DRY_RUN], examples: ["nexus refs delete agent/draft/HEAD --dry-run"], load: () => import("./commands/refs-delete.ts") },
  {
    path: "refs hooks create",
    summary: "run an action whenever a ref is updated, behind the hooks it has",
    inTurns: "full",
    args: [REF, ["<action>", "webhook, refresh_scope, trigger_run, audit_log, script, or a custom one"]],
    options: [["--config <json...>", "a JSON object, key=value (several), or @FILE"], ["--disabled", "do not run it yet"], DRY_RUN],
    examples: [
      "nexus refs hooks create agent/human/HEAD webhook --config url=https://example.com/notify include_passage=true",
      "nexus refs hooks create agent/daily/HEAD refresh_scope --config scope_name=recent-context",
      "nexus refs hooks create agent/daily/HEAD trigger_run --config processor_type=world_model",
      "nexus refs hooks create agent/human/HEAD audit_log --config destination=changes",
      "nexus refs hooks create agent/human/HEAD script --config hook=my-hook",
    ],
    load: () => import("./commands/refs-hooks-create.ts"),
  },
  {
    path: "refs hooks list",
    summary: "hooks on refs, in the order in which they run",
    options: [["--ref <ref>", "only of this ref"], ["--action <action>", "only with this action"], ["--all", "disabled ones too"], ["--last <n>", "so many at most (1000)"]],
    examples: [
      "nexus refs hooks list --ref agent/human/HEAD --all",
    ],
    load: () => import("./commands/refs-hooks-list.ts"),
  },
  { path: "refs hooks show", summary: "one hook on a ref, and its latest executions", args: [REF_HOOK], options: [["--last <n>", "so many executions (10)"]], examples: ["nexus refs hooks show rhk_01M8 --last 3"], load: () => import("./commands/refs-hooks-show.ts") },
  { path: "refs hooks enable", summary: "let a hook on a ref run again", inTurns: "full", args: [REF_HOOK], options: [DRY_RUN], examples: ["nexus refs hooks enable rhk_01M8"], load: () => import("./commands/refs-hooks-enable.ts") },
  { path: "refs hooks disable", summary: "let a hook on a ref rest", inTurns: "full", args: [REF_HOOK], options: [DRY_RUN], examples: ["nexus refs hooks disable rhk_01M8"], load: () => import("./commands/refs-hooks-disable.ts") },
  { path: "refs hooks delete", summary: "delete a hook on a ref; what it did stays", inTurns: "full", args: [REF_HOOK], options: [DRY_RUN], examples: ["nexus refs hooks delete rhk_01M8 --dry-run"], load: () => import("./commands/refs-hooks-delete.ts") },
  {
    path: "refs hooks stats",
    summary: "how often hooks on refs ran, how long, and with what outcome",
    args: [["[hook]", "only this one: its id, or a unique prefix of it"]],
    options: [["--since <time>", "ISO 8601, or so long ago (7d)"]],
    examples: [
      "nexus refs hooks stats --since 7d",
    ],
    load: () => import("./commands/refs-hooks-stats.ts"),
  },
  { path: "refs get", summary: "one ref and its passage", args: [REF], examples: ["nexus refs get agent/human/HEAD"], load: () => import("./commands/refs-get.ts") },
  { path: "refs list", summary: "refs by name", args: [["[prefix]", "only those whose names begin so"]], options: [["--last <n>", "so many at most (100)"]], examples: ["nexus refs list agent/"], load: () => import("./commands/refs-list.ts") },
  { path: "refs history", summary: "where a ref was, newest first", args: [REF], options: [["--last <n>", "so many at most (20)"]], examples: ["nexus refs history agent/human/HEAD --last 5"], load: () => import("./commands/refs-history.ts") },
];
