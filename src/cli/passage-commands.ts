import { DRY_RUN, type CommandSpec } from "./call.ts";

const NO_HOOKS = ["--no-hooks", "run no hooks for this update"] as const;
const BRANCH = ["<branch>", "{prefix}/{name}, such as agent/HEAD"] as const;
const SCOPE = ["<scope>", "its name"] as const;

/** Commands of passages, branches, scopes and the audit log; see commands.ts. */
export const PASSAGE_COMMANDS: readonly CommandSpec[] = [
  {
    path: "passages add",
    summary: "store a text that never changes",
    args: [["[content]", "the text; default, and -: standard input"]],
    options: [["--file <path>", "from a file instead"], ["--type <type>", "what it is (text)"], ["--metadata <json...>", "a JSON object, or key=value (several)"], DRY_RUN],
    examples: [
      'nexus passages add "Casey lives in Lyon." --type note --metadata \'tags=["place"]\'',
      "nexus passages add --file notes.md",
    ],
    load: () => import("./commands/passages-add.ts"),
  },
  { path: "passages get", summary: "one passage", args: [["<passage>", "its id"]], examples: ["nexus passages get PASSAGE --json"], load: () => import("./commands/passages-get.ts") },
  { path: "passages list", summary: "passages, newest first", options: [["--type <type>", "only of this type"], ["--last <n>", "so many at most (20)"]], examples: ["nexus passages list --type note"], load: () => import("./commands/passages-list.ts") },
  {
    path: "branches create",
    summary: "a branch of three refs: {prefix}/human/{name}, {prefix}/persona/{name}, {prefix}/world/{name}",
    // Over refs that are there it may switch their hooks off.
    inTurns: "full",
    args: [BRANCH],
    options: [
      ["--main", "the main branch of its prefix: it runs hooks, and cannot be deleted"],
      ["--hooks <on|off>", "whether its updates run hooks (on for a main branch, else off)"],
      ["--parent <branch>", "the branch it comes from"],
      ["--description <text>", "what it is for"],
      DRY_RUN,
    ],
    examples: [
      "nexus branches create agent/HEAD --main",
      "nexus branches create agent/experiment-1 --parent agent/HEAD",
    ],
    load: () => import("./commands/branches-create.ts"),
  },
  { path: "branches list", summary: "branches by name", args: [["[prefix]", "only those whose {prefix}/{name} begins so"]], options: [["--last <n>", "so many at most (100)"]], examples: ["nexus branches list agent/"], load: () => import("./commands/branches-list.ts") },
  { path: "branches show", summary: "one branch and where its refs are", args: [BRANCH], examples: ["nexus branches show agent/HEAD"], load: () => import("./commands/branches-show.ts") },
  {
    path: "branches fork",
    summary: "a new branch whose refs begin where another's are, with hooks off",
    args: [["<source>", "{prefix}/{name} of the branch to copy"], ["<target>", "{prefix}/{name} of the new one"]],
    options: [["--description <text>", "what it is for"], ["--hooks <on|off>", "whether its later updates run hooks (off)"], DRY_RUN],
    examples: [
      "nexus branches fork agent/HEAD agent/experiment-1",
    ],
    load: () => import("./commands/branches-fork.ts"),
  },
  {
    path: "branches promote",
    summary: "move a branch's refs to where another's are, with the hooks of those refs",
    args: [["<source>", "{prefix}/{name} of the branch to take from"], ["<target>", "{prefix}/{name} of the branch to move"]],
    options: [NO_HOOKS, DRY_RUN],
    examples: [
      "nexus branches promote agent/experiment-1 agent/HEAD --dry-run",
    ],
    load: () => import("./commands/branches-promote.ts"),
  },
  {
    path: "branches delete",
    summary: "delete a branch; a main branch cannot be deleted",
    args: [["<branch>", "{prefix}/{name}"]],
    options: [["--refs", "its refs, too; their history stays"], DRY_RUN],
    examples: [
      "nexus branches delete agent/experiment-1 --refs",
    ],
    load: () => import("./commands/branches-delete.ts"),
  },
  {
    path: "scopes create",
    summary: "a named selection of passages, which hooks can keep up to date",
    args: [SCOPE],
    options: [
      ["--refs <globs...>", "passages that refs of these names point to: agent/*/HEAD"],
      ["--types <types...>", "only passages of these types"],
      ["--tags <tags...>", "only passages with all of these in metadata.tags"],
      ["--limit <n>", "so many passages at most (100)"],
      DRY_RUN,
    ],
    examples: [
      'nexus scopes create working-memory --refs "agent/*/HEAD" "agent/notes/**"',
      "nexus scopes create places --types note --tags place --limit 20",
    ],
    load: () => import("./commands/scopes-create.ts"),
  },
  { path: "scopes list", summary: "scopes by name", options: [["--last <n>", "so many at most (100)"]], examples: ["nexus scopes list"], load: () => import("./commands/scopes-list.ts") },
  { path: "scopes show", summary: "one scope, and the passages it was resolved to", args: [SCOPE], examples: ["nexus scopes show working-memory"], load: () => import("./commands/scopes-show.ts") },
  { path: "scopes refresh", summary: "resolve a scope anew", args: [SCOPE], options: [DRY_RUN], examples: ["nexus scopes refresh working-memory"], load: () => import("./commands/scopes-refresh.ts") },
  { path: "scopes delete", summary: "delete a scope; its passages stay", args: [SCOPE], options: [DRY_RUN], examples: ["nexus scopes delete working-memory --dry-run"], load: () => import("./commands/scopes-delete.ts") },
  {
    path: "audit list",
    summary: "rows of the audit log, newest first",
    options: [["--destination <name>", "only of this log"], ["--ref <ref>", "only of this ref"], ["--last <n>", "so many at most (20)"]],
    examples: [
      "nexus audit list --destination changes --ref agent/human/HEAD",
    ],
    load: () => import("./commands/audit-list.ts"),
  },
  { path: "audit verify", summary: "check that no row of the audit log was changed or taken out", examples: ["nexus audit verify --json"], load: () => import("./commands/audit-verify.ts") },
];
