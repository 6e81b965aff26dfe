import { BROKER_COMMANDS } from "./broker-commands.ts";
import { EVENT_COMMANDS } from "./event-commands.ts";
import { HANDLER_COMMANDS } from "./handler-commands.ts";
import { PASSAGE_COMMANDS } from "./passage-commands.ts";
import { REF_COMMANDS } from "./ref-commands.ts";
import { SOURCE_COMMANDS } from "./source-commands.ts";
import { DRY_RUN, type CommandSpec } from "./call.ts";

const HOOK = ["<hook>", "slug, id, or a unique prefix of the id"] as const;
const KEEP_STATE = ["--keep-state", "give the new version the state of the current one"] as const;
const PERSON = ["<person>", "slug, id, a unique prefix of the id, or a name that only one has"] as const;
const METADATA = [
  ["--name <name>", "name for people; the slug comes from it"],
  ["--mode <mode>", "persistent or one-shot"],
  ["--description <text>", "what it is for"],
  ["--strict", "refuse a script with type findings"],
] as const;

/** Every command. What stands here is shown and parsed; the code behind it is loaded only when it is called. */
export const COMMANDS: readonly CommandSpec[] = [
  {
    path: "hooks register",
    summary: "register a hook script",
    inTurns: "full",
    args: [["<script>", "TypeScript or JavaScript file"]],
    options: [...METADATA, ["--upsert", "update the hook when the name is taken"], DRY_RUN],
    load: () => import("./commands/hooks-register.ts"),
  },
  {
    path: "hooks list",
    summary: "list hooks",
    options: [
      ["--status <status>", "active, paused, disabled or errored"],
      ["--created-by <agent>", "only hooks of that agent"],
      ["--deleted", "deleted hooks instead"],
    ],
    load: () => import("./commands/hooks-list.ts"),
  },
  { path: "hooks info", summary: "everything about one hook", args: [HOOK], load: () => import("./commands/hooks-info.ts") },
  {
    path: "hooks update",
    summary: "put a new version in place of the current one",
    inTurns: "full",
    args: [HOOK, ["<script>", "TypeScript or JavaScript file"]],
    options: [...METADATA, KEEP_STATE, DRY_RUN],
    load: () => import("./commands/hooks-update.ts"),
  },
  { path: "hooks enable", summary: "let a disabled or paused hook see events again", inTurns: "full", args: [HOOK], options: [DRY_RUN], load: () => import("./commands/hooks-enable.ts") },
  {
    path: "hooks disable",
    summary: "stop a hook from seeing events",
    inTurns: "full",
    args: [HOOK],
    options: [["--reason <reason>", "kept with the hook, for whoever asks why"], DRY_RUN],
    load: () => import("./commands/hooks-disable.ts"),
  },
  { path: "hooks delete", summary: "delete a hook; its history stays", inTurns: "full", args: [HOOK], options: [DRY_RUN], load: () => import("./commands/hooks-delete.ts") },
  { path: "hooks restore", summary: "bring a deleted hook back", inTurns: "full", args: [HOOK], options: [DRY_RUN], load: () => import("./commands/hooks-restore.ts") },
  {
    path: "hooks approve",
    summary: "let the current version hand on what untrusted sources send, with all powers",
    inTurns: "never",
    args: [HOOK],
    options: [["--by <name>", "who approves (default: the user of this system)"], ["--withdraw", "take the approval back"], DRY_RUN],
    load: () => import("./commands/hooks-approve.ts"),
  },
  { path: "hooks versions", summary: "the versions of a hook", args: [HOOK], load: () => import("./commands/hooks-versions.ts") },
  {
    path: "hooks rollback",
    summary: "make an earlier version the current one, as a new version",
    inTurns: "full",
    args: [HOOK],
    options: [["--to <version>", "default: the one before the current"], KEEP_STATE, DRY_RUN],
    load: () => import("./commands/hooks-rollback.ts"),
  },
  {
    path: "hooks invocations",
    summary: "what a hook decided",
    args: [HOOK],
    options: [
      ["--last <n>", "how many (20)"],
      ["--since <time>", "ISO 8601, or so long ago: 2h"],
      ["--errors-only", "only failed ones"],
    ],
    load: () => import("./commands/hooks-invocations.ts"),
  },
  {
    path: "hooks logs",
    summary: "what a hook wrote while it ran",
    args: [HOOK],
    options: [
      ["--invocation <id>", "only of this one"],
      ["--last <n>", "of so many invocations (20)"],
    ],
    load: () => import("./commands/hooks-logs.ts"),
  },
  {
    path: "hooks stats",
    summary: "counters and latencies of one hook, or of all",
    args: [["[hook]", "slug, id, or a unique prefix of the id"]],
    options: [["--since <time>", "ISO 8601, or so long ago (24h)"]],
    load: () => import("./commands/hooks-stats.ts"),
  },
  {
    path: "hooks validate",
    summary: "check scripts without registering them: parse, types, contract (exit code 6 with findings)",
    args: [["<script...>", "TypeScript or JavaScript files"]],
    load: () => import("./commands/hooks-validate.ts"),
  },
  {
    path: "hooks test",
    summary: "evaluate a script, or a registered hook, for one event as the daemon would, and show what would follow; nothing is recorded or sent",
    args: [["<script>", "TypeScript or JavaScript file (by its ending or a slash), or a registered hook: slug, id, or a unique prefix of the id"]],
    options: [
      ["--event <event>", "a stored event's id, a file with one as JSON, or - (default, of a registered hook: the newest it evaluated)"],
      ["--context", "print what the agent would be given, to the letter"],
      ["--keep-state", "with the state of the registered hook of that name"],
    ],
    load: () => import("./commands/hooks-test.ts"),
  },
  ...EVENT_COMMANDS,
  ...SOURCE_COMMANDS,
  ...BROKER_COMMANDS,
  ...REF_COMMANDS,
  ...PASSAGE_COMMANDS,
  ...HANDLER_COMMANDS,
  {
    path: "identity add",
    summary: "make a person known",
    inTurns: "full",
    args: [["<name>", "as people say it; the slug comes from it"]],
    options: [
      ["--type <type>", "known, or owner (known)"],
      ["--relationship <word>", "family, colleague, ...: for triggers and access policies"],
      ["--contact <channel:value...>", "senders that are this person, as events name them: imessage:+15550100"],
      DRY_RUN,
    ],
    load: () => import("./commands/identity-add.ts"),
  },
  { path: "identity list", summary: "persons and their contacts", options: [["--type <type>", "only owner, or only known"]], load: () => import("./commands/identity-list.ts") },
  {
    path: "identity link",
    summary: "say that a sender is this person",
    inTurns: "full",
    args: [PERSON, ["<contact>", "channel:value, as events name the sender"]],
    options: [DRY_RUN],
    load: () => import("./commands/identity-link.ts"),
  },
  {
    path: "identity remove",
    summary: "forget a person, or that one contact is theirs",
    inTurns: "full",
    args: [PERSON],
    options: [["--contact <channel:value>", "only this contact"], DRY_RUN],
    load: () => import("./commands/identity-remove.ts"),
  },
  {
    path: "identity check",
    summary: "who a sender is, what would happen to their event, and by which access policy",
    options: [
      ["--channel <channel>", "channel of the event"],
      ["--sender <id>", "its sender; on the channel webhook, its source"],
      ["--thread <id>", "its thread"],
      ["--type <type>", "its type (message)"],
    ],
    load: () => import("./commands/identity-check.ts"),
  },
  {
    path: "tui",
    summary: "the dashboard; without a terminal, one look at it as text",
    args: [["[screen]", "overview, hooks, live, events, dispatches, sessions, refs, schedule, commands"], ["[tab]", "one of the screen's tabs"]],
    options: [
      ["--once", "one look as text (with --json: as data), then exit"],
      ["--filter <text>", "only rows with all of these words; !word excludes"],
      ["--readonly", "look only: nothing can be changed from it"],
      ["--interval <duration>", "between two looks at the data (1s)"],
      ["--bytes-per-second <n>", "what data may take of the line on the average (default: 700)"],
      ["--palette <name>", "default, high-contrast or mono (also: NO_COLOR)"],
      ["--ascii", "ASCII only (default where the locale is not UTF-8)"],
      ["--screen-reader", "lines that are read out, instead of a screen"],
    ],
    load: () => import("./commands/tui.ts"),
  },
  {
    path: "serve",
    summary: "run the engine: evaluate events until stopped",
    options: [["--once", "evaluate what is pending, then exit"]],
    load: () => import("./commands/serve.ts"),
  },
  { path: "status", summary: "is it running, how far is it, how big is it", load: () => import("./commands/status.ts") },
  {
    path: "why",
    summary: "why a hook fired, or did not, for an event",
    args: [
      ["<event>", "its id"],
      ["[hook]", "only this hook"],
    ],
    options: [["--all", "also every hook whose triggers did not match"]],
    load: () => import("./commands/why.ts"),
  },
  { path: "init", summary: "make a home, and types for an editor beside your scripts", options: [["--types <dir>", "where to write nexus-env.d.ts and tsconfig.json"], DRY_RUN], load: () => import("./commands/init.ts") },
  {
    path: "demo",
    summary: "watch the examples decide on real webhooks, a conversation and a night of timer ticks",
    load: () => import("./commands/demo.ts"),
  },
  {
    path: "backup",
    summary: "copy the database, its scripts and the configuration into one verified file, while the daemon runs",
    args: [["[file]", "default: a new one in HOME/backups"]],
    options: [
      ["--verify", "check a backup instead of making one (default: the newest)"],
      ["--keep <n>", "afterwards remove all but the newest n of HOME/backups"],
      ["--force", "replace a file that is there"],
      DRY_RUN,
    ],
    load: () => import("./commands/backup.ts"),
  },
  {
    path: "restore",
    summary: "put a backup in the place of the database; the old one is moved aside",
    args: [["<file>", "a backup, or a database that .recover made"]],
    options: [DRY_RUN],
    load: () => import("./commands/restore.ts"),
  },
  {
    path: "doctor",
    summary: "check the home and this machine, and say what to do (exit code 1 with problems)",
    options: [["--repair", "repair what is safe to repair"], DRY_RUN],
    load: () => import("./commands/doctor.ts"),
  },
  { path: "explain", summary: "what an error code means", args: [["[code]", "default: all of them"]], load: () => import("./commands/explain.ts") },
];
