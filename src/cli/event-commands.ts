import { DRY_RUN, type CommandSpec } from "./call.ts";

export const EVENT_COMMANDS: readonly CommandSpec[] = [
  {
    path: "events emit",
    summary: "store one event",
    args: [["[json]", "the event as JSON, or - for standard input"]],
    options: [
      ["--id <id>", "{adapter}:{source_id}; a second one with the same id is a duplicate"],
      ["--type <type>", "message, webhook, ... (message)"],
      ["--channel <channel>", "imessage, email, webhook, ..."],
      ["--content <text>", "the text"],
      ["--thread <id>", "thread"],
      ["--sender <id>", "who sent it"],
      ["--metadata <json>", "an object"],
      DRY_RUN,
    ],
    load: () => import("./commands/events-emit.ts"),
  },
  {
    path: "events import",
    summary: "store events from newline-delimited JSON",
    args: [["[file]", "default, and -: standard input"]],
    options: [
      ["--strict", "store nothing when any line is wrong"],
      ["--ack", "one JSON line for each line as soon as it is durable: {line, id, seq, duplicate}, or {line, error}"],
      DRY_RUN,
    ],
    load: () => import("./commands/events-import.ts"),
  },
  {
    path: "events list",
    summary: "stored events, newest last",
    options: [
      ["--last <n>", "how many (20)"],
      ["--type <type>", "only of this type"],
      ["--channel <channel>", "only of this channel"],
      ["--thread <id>", "only of this thread"],
      ["--sender <id>", "only of this sender"],
      ["--since <time>", "ISO 8601, or so long ago: 2h"],
      ["--until <time>", "ISO 8601, or so long ago"],
      ["--search <text>", "full text"],
    ],
    load: () => import("./commands/events-list.ts"),
  },
  { path: "events show", summary: "one event and what every hook made of it", args: [["<event>", "its id"]], options: [["--trace", "its whole way: stages, hooks, dispatches, turns, deliveries, with times"]], load: () => import("./commands/events-show.ts") },
  {
    path: "events replay",
    summary: "store a copy of an event, or of all since a time, for the hooks that are active now",
    inTurns: "full",
    args: [["[event]", "its id; without one: --since"]],
    options: [
      ["--hook <hook>", "only this hook evaluates it"],
      ["--since <time>", "all that happened since: ISO 8601, or so long ago: 2h"],
      ["--until <time>", "ISO 8601, or so long ago (now)"],
      ["--type <type>", "only of this type"],
      ["--channel <channel>", "only of this channel"],
      ["--limit <n>", "at most so many, oldest first (1000)"],
      ["--after <event>", "only what was stored after this one"],
      ["--redacted", "also events whose secrets were redacted, as they are stored"],
      DRY_RUN,
    ],
    load: () => import("./commands/events-replay.ts"),
  },
  {
    path: "events tail",
    summary: "print events as they are stored",
    options: [
      ["--since <time>", "begin with events since then"],
      ["--count <n>", "end after so many"],
    ],
    load: () => import("./commands/events-tail.ts"),
  },
];
