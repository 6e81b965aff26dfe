import { DRY_RUN, type CommandSpec } from "./call.ts";

const RUN = ["<run>", "its id"] as const;
const WEBHOOK = ["<webhook>", "its id"] as const;
const ACTION = ["<name>", "of the action type"] as const;
const PROCESSOR = ["<name>", "of the processor"] as const;
const SCRIPT = ["<script>", "TypeScript or JavaScript file"] as const;
const REGISTER = [["--upsert", "put the script in the place of the one of that name"], ["--description <text>", "what it is for"], ["--strict", "refuse a script with type findings"], DRY_RUN] as const;

/** Commands of custom actions, processors, runs and webhooks; see commands.ts. */
export const HANDLER_COMMANDS: readonly CommandSpec[] = [
  { path: "refs actions register", summary: "make a script an action type for hooks on refs", inTurns: "full", args: [ACTION, SCRIPT], options: REGISTER, examples: ["nexus refs actions register my_action ./action.ts"], load: () => import("./commands/refs-actions-register.ts") },
  { path: "refs actions list", summary: "built-in and custom action types", examples: ["nexus refs actions list"], load: () => import("./commands/refs-actions-list.ts") },
  { path: "refs actions show", summary: "one custom action type", args: [ACTION], examples: ["nexus refs actions show my_action"], load: () => import("./commands/refs-actions-show.ts") },
  { path: "refs actions remove", summary: "remove a custom action type that no enabled hook uses", inTurns: "full", args: [ACTION], options: [DRY_RUN], examples: ["nexus refs actions remove my_action --dry-run"], load: () => import("./commands/refs-actions-remove.ts") },
  { path: "runs processors register", summary: "make a script a processor of runs", inTurns: "full", args: [PROCESSOR, SCRIPT], options: REGISTER, examples: ["nexus runs processors register world_model ./world-model.ts"], load: () => import("./commands/runs-processors-register.ts") },
  { path: "runs processors list", summary: "registered processors", examples: ["nexus runs processors list"], load: () => import("./commands/runs-processors-list.ts") },
  { path: "runs processors show", summary: "one processor", args: [PROCESSOR], examples: ["nexus runs processors show world_model"], load: () => import("./commands/runs-processors-show.ts") },
  { path: "runs processors remove", summary: "remove a processor that nothing needs", inTurns: "full", args: [PROCESSOR], options: [DRY_RUN], examples: ["nexus runs processors remove world_model --dry-run"], load: () => import("./commands/runs-processors-remove.ts") },
  {
    path: "runs start",
    summary: "let a processor run once; the daemon does it",
    args: [PROCESSOR],
    options: [["--input <json...>", "a JSON object, key=value (several), or @FILE"], ["--wait <time>", "wait so long for its end: 30s"], DRY_RUN],
    examples: [
      "nexus runs start world_model --input passage_id=PASSAGE --wait 30s",
    ],
    load: () => import("./commands/runs-start.ts"),
  },
  {
    path: "runs list",
    summary: "runs, newest last",
    options: [["--status <status>", "pending, running, done, failed or cancelled"], ["--processor <name>", "only of this processor"], ["--last <n>", "how many (20)"]],
    examples: [
      "nexus runs list --status failed",
    ],
    load: () => import("./commands/runs-list.ts"),
  },
  { path: "runs show", summary: "one run: input, result, what it wrote", args: [RUN], examples: ["nexus runs show RUN --json"], load: () => import("./commands/runs-show.ts") },
  { path: "runs retry", summary: "let a run that ended without success be tried again", args: [RUN], options: [DRY_RUN], examples: ["nexus runs retry RUN"], load: () => import("./commands/runs-retry.ts") },
  { path: "runs cancel", summary: "take a run back; what its processor still says counts for nothing", args: [RUN], options: [DRY_RUN], examples: ["nexus runs cancel RUN"], load: () => import("./commands/runs-cancel.ts") },
  { path: "refs outbox list", summary: "webhooks of refs, newest last", options: [["--status <status>", "pending, sent, dead or cancelled"], ["--last <n>", "how many (20)"]], examples: ["nexus refs outbox list --status dead"], load: () => import("./commands/refs-outbox-list.ts") },
  { path: "refs outbox show", summary: "one webhook, with its body", args: [WEBHOOK], examples: ["nexus refs outbox show WEBHOOK"], load: () => import("./commands/refs-outbox-show.ts") },
  { path: "refs outbox retry", summary: "let a webhook that was not sent be tried now", args: [WEBHOOK], options: [DRY_RUN], examples: ["nexus refs outbox retry WEBHOOK"], load: () => import("./commands/refs-outbox-retry.ts") },
  { path: "refs outbox cancel", summary: "do not send a webhook that waits", inTurns: "full", args: [WEBHOOK], options: [DRY_RUN], examples: ["nexus refs outbox cancel WEBHOOK"], load: () => import("./commands/refs-outbox-cancel.ts") },
];
