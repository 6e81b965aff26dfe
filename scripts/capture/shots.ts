import type { Size } from "./pty.ts";

/** A picture: what is typed behind `nexus tui`, the keys then, and what is on the screen when they have done what they do. */
export interface Shot {
  readonly name: string;
  readonly title: string;
  readonly words?: readonly string[];
  readonly keys?: readonly string[];
  readonly wanted: readonly string[];
}

export const NARROW: Size = { columns: 80, rows: 24 };
export const WIDE: Size = { columns: 200, rows: 50 };

const CRASH_LOOP = ["/", "crash-loop", "enter", "enter"] as const;
/** The oldest: the one that was answered. */
const MENTION = ["/", "checkout", "enter", "end", "enter"] as const;

/** Each screen, at both sizes. */
export const SCREENS: readonly Shot[] = [
  { name: "overview", title: "Overview", wanted: ["liveness", "last 24 h"] },
  { name: "hooks", title: "Hooks", words: ["hooks"], keys: ["down", "down"], wanted: ["crash-loop", "paused"] },
  { name: "hook", title: "A hook: its summary", words: ["hooks"], keys: CRASH_LOOP, wanted: ["breaker open", "last error"] },
  { name: "live", title: "Live", words: ["live"], wanted: ["slow-check"] },
  { name: "events", title: "Events", words: ["events"], wanted: ["discord"] },
  { name: "event", title: "An event: its way", words: ["events"], keys: MENTION, wanted: ["receiveEvent"] },
  { name: "dispatches", title: "Dispatches", words: ["dispatches"], wanted: ["running"] },
  { name: "dispatch", title: "A dispatch: its summary", words: ["dispatches", "all"], keys: ["/", "done", "enter", "enter"], wanted: ["Prompt"] },
  { name: "sessions", title: "Sessions", words: ["sessions"], wanted: ["waiting"] },
  { name: "session", title: "A session: its queue", words: ["sessions"], keys: ["enter"], wanted: ["pending"] },
  { name: "refs", title: "Refs", words: ["refs"], wanted: ["assistant/human/main"] },
  { name: "ref", title: "A ref: its history", words: ["refs"], keys: ["/", "human", "enter", "enter"], wanted: ["set"] },
  { name: "schedule", title: "Schedule", words: ["schedule"], wanted: ["nightly-report"] },
  { name: "help", title: "Help", keys: ["?"], wanted: ["Where to"] },
];

/** Tabs and modes, at one size. */
export const DETAILS: readonly Shot[] = [
  { name: "hook-invocations", title: "A hook: its invocations", words: ["hooks"], keys: [...CRASH_LOOP, "tab"], wanted: ["TypeError"] },
  { name: "hook-logs", title: "A hook: what it wrote", words: ["hooks"], keys: [...CRASH_LOOP, "tab", "tab"], wanted: ["looking at"] },
  { name: "hook-script", title: "A hook: its script", words: ["hooks"], keys: [...CRASH_LOOP, "tab", "tab", "tab"], wanted: ["pull_request"] },
  { name: "hook-versions", title: "A hook: its versions", words: ["hooks"], keys: [...CRASH_LOOP, "tab", "tab", "tab", "tab"], wanted: ["What v2 changed in v1"] },
  { name: "hook-state", title: "A hook: what it keeps", words: ["hooks"], keys: ["/", "no-dup", "enter", "enter", "shift-tab"], wanted: ["Invoice"] },
  { name: "hooks-filter", title: "Hooks: filtered and sorted", words: ["hooks"], keys: ["s", "s", "s", "/", "!short"], wanted: ["/!short", "by errors"] },
  { name: "live-errors", title: "Live: errors alone", words: ["live", "errors"], wanted: ["timed out"] },
  { name: "event-why", title: "An event: why each hook fired, or not", words: ["events"], keys: [...MENTION, "tab"], wanted: ["route-mentions"] },
  { name: "event-fields", title: "An event: its fields", words: ["events"], keys: [...MENTION, "tab", "tab"], wanted: ["Metadata"] },
  { name: "dispatches-failed", title: "Dispatches: those that failed or were cancelled", words: ["dispatches", "failed"], wanted: ["cancelled"] },
  { name: "dispatch-context", title: "A dispatch: what its agent was told", words: ["dispatches", "all"], keys: ["/", "done", "enter", "enter", "tab"], wanted: ["tokens"] },
  { name: "dispatch-turn", title: "A dispatch: its turn", words: ["dispatches", "all"], keys: ["/", "done", "enter", "enter", "tab", "tab"], wanted: ["Answer"] },
  { name: "dispatch-deliveries", title: "A dispatch: its messages", words: ["dispatches", "all"], keys: ["/", "done", "enter", "enter", "tab", "tab", "tab"], wanted: ["sent"] },
  { name: "session-history", title: "A session: the conversation", words: ["sessions"], keys: ["enter", "tab", "tab"], wanted: ["answered"] },
  { name: "refs-hooks", title: "Refs: the hooks on them", words: ["refs", "hooks"], wanted: ["audit_log"] },
  { name: "schedule-missed", title: "Schedule: what was missed", words: ["schedule", "missed"], wanted: ["missed"] },
  { name: "palette", title: "The palette", words: ["hooks"], keys: ["/", "crash-loop", "enter", ":", "di"], wanted: [":di"] },
  { name: "ask", title: "An action that asks", words: ["hooks"], keys: ["/", "crash-loop", "enter", "d", "the field is gone"], wanted: ["why is crash-loop disabled?"] },
  { name: "high-contrast", title: "The palette high-contrast", words: ["hooks", "--palette", "high-contrast"], wanted: ["crash-loop"] },
  { name: "ascii", title: "In ASCII, without colours", words: ["--palette", "mono", "--ascii"], wanted: ["liveness"] },
  // The last: it changes the home.
  { name: "commands", title: "Commands: what was done from here", words: ["hooks"], keys: ["/", "slow", "enter", "d", "while it is mended", "enter", "u", "9"], wanted: ["hooks enable slow-check", "undone"] },
];
