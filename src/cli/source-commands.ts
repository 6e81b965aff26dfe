import { DRY_RUN, type CommandSpec } from "./call.ts";

const SOURCE = ["<source>", "what stands before the colon of its events' ids"] as const;

/** Commands that look at sources of events and hold them; see commands.ts. */
export const SOURCE_COMMANDS: readonly CommandSpec[] = [
  { path: "sources list", summary: "where events come from, how many, and what is held", load: () => import("./commands/sources-list.ts") },
  {
    path: "sources hold",
    summary: "store a source's events as always, and evaluate none until it is released",
    inTurns: "full",
    args: [SOURCE],
    options: [["--reason <text>", "kept with the hold, for whoever asks why"], DRY_RUN],
    load: () => import("./commands/sources-hold.ts"),
  },
  {
    path: "sources release",
    summary: "evaluate what waited, in order, and all that comes",
    inTurns: "full",
    args: [SOURCE],
    options: [["--discard", "do not evaluate what waited: each hook that was to see an event gets a row that says so"], DRY_RUN],
    load: () => import("./commands/sources-release.ts"),
  },
];
