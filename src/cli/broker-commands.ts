import { DRY_RUN, type CommandSpec } from "./call.ts";

/** Commands of the Agent Broker; see commands.ts. */
export const BROKER_COMMANDS: readonly CommandSpec[] = [
  {
    path: "dispatches list",
    summary: "dispatches, newest last",
    options: [
      ["--status <status>", "pending, running, done, failed, dropped, expired or cancelled"],
      ["--session <key>", "only of this session"],
      ["--agent <name>", "only those that named this agent"],
      ["--hook <hook>", "only of this hook"],
      ["--last <n>", "how many (20)"],
    ],
    load: () => import("./commands/dispatches-list.ts"),
  },
  {
    path: "dispatches show",
    summary: "one dispatch, its turn and what was delivered",
    args: [["<id>", "of a dispatch, or of a delivery"]],
    options: [["--context", "print what the agent was given, to the letter"]],
    load: () => import("./commands/dispatches-show.ts"),
  },
  {
    path: "dispatches deliveries",
    summary: "messages on their way; --status dead is the dead-letter list",
    options: [
      ["--status <status>", "pending, sent, dead or cancelled"],
      ["--last <n>", "how many (20)"],
    ],
    load: () => import("./commands/dispatches-deliveries.ts"),
  },
  { path: "dispatches retry", summary: "let a settled dispatch, or a dead delivery, be tried again", args: [["<id>", "of a dispatch, or of a delivery"]], options: [DRY_RUN], load: () => import("./commands/dispatches-retry.ts") },
  { path: "dispatches cancel", summary: "take a dispatch back; a running turn that is only for it is ended", args: [["<id>", "of a dispatch"]], options: [DRY_RUN], load: () => import("./commands/dispatches-cancel.ts") },
  { path: "sessions list", summary: "sessions, most recently used first", options: [["--last <n>", "how many (20)"]], load: () => import("./commands/sessions-list.ts") },
  { path: "sessions show", summary: "a session's turns, and what waits for it", args: [["<session>", "its key"]], options: [["--last <n>", "so many turns (10)"]], load: () => import("./commands/sessions-show.ts") },
  {
    path: "sessions fork",
    summary: "make a session of its own that begins with another's history",
    args: [["<session>", "its key"]],
    options: [
      ["--as <key>", "key of the new one"],
      ["--at <turn>", "the turn it goes on from (the newest)"],
      DRY_RUN,
    ],
    load: () => import("./commands/sessions-fork.ts"),
  },
  { path: "agents list", summary: "configured agents and what they do now", load: () => import("./commands/agents-list.ts") },
  {
    path: "agents send",
    summary: "hand work to an agent; no hook is asked",
    args: [["[text]", "default, and -: standard input"]],
    options: [
      ["--to <agent>", "who is to do it"],
      ["--from <agent>", "who asks (NEXUS_AGENT_ID)"],
      ["--session <key>", "default: one for these two agents"],
      ["--mode <mode>", "steer, followup, collect or interrupt, if it is busy"],
      ["--wait <time>", "wait so long for the answer and print it: 30s"],
      DRY_RUN,
    ],
    load: () => import("./commands/agents-send.ts"),
  },
  {
    path: "inbox next",
    summary: "take the next turn of an agent",
    options: [
      ["--agent <name>", "whose (NEXUS_AGENT_ID)"],
      ["--wait <time>", "wait so long for one: 30s"],
    ],
    load: () => import("./commands/inbox-next.ts"),
  },
  { path: "inbox ack", summary: "say that a taken turn is being worked on: its lease begins anew", args: [["<turn>", "its id"]], load: () => import("./commands/inbox-ack.ts") },
  {
    path: "inbox reply",
    summary: "answer a turn",
    args: [
      ["<turn>", "its id"],
      ["[text]", "default, and -: standard input"],
    ],
    options: [["--failed <reason>", "it could not be done"]],
    load: () => import("./commands/inbox-reply.ts"),
  },
];
