import { nameOf, type Subject, type SubjectKind } from "./subject.ts";

/** Something an operator does: a command of nexus, which is shown, run as it stands, and undone by another where that can be. */
export interface Action {
  readonly id: string;
  readonly key: string;
  readonly title: string;
  /** In the footer. */
  readonly brief?: string;
  /** What it acts on; without it, on nothing in particular. */
  readonly on?: readonly SubjectKind[];
  /** Why it makes no sense now. */
  readonly refuse?: (subject: Subject) => string | undefined;
  /** A word it needs, and what stands there already. */
  readonly ask?: { readonly label: (subject: Subject) => string; readonly given?: (subject: Subject) => string };
  /** Asked before what nothing brings back. */
  readonly confirm?: (subject: Subject) => string;
  /** The command's words, behind `nexus`. */
  readonly words: (subject: Subject, typed: string) => readonly string[];
  /** What brings back how it was. */
  readonly undo?: (subject: Subject) => readonly string[] | undefined;
  /** It changes nothing: allowed with --readonly, and its output is what it is for. */
  readonly reads?: true;
}

const optional = (flag: string, typed: string): readonly string[] => (typed.trim() === "" ? [] : [flag, typed.trim()]);
const is = (...statuses: readonly string[]) => (subject: Subject): string | undefined => (subject.status !== undefined && statuses.includes(subject.status) ? `it is ${subject.status}` : undefined);
const unless = (...statuses: readonly string[]) => (subject: Subject): string | undefined => (subject.status === undefined || statuses.includes(subject.status) ? undefined : `it is ${subject.status}`);

const GROUP: Readonly<Partial<Record<SubjectKind, readonly string[]>>> = { ref_hook: ["refs", "hooks"], hook: ["hooks"], dispatch: ["dispatches"], webhook: ["refs", "outbox"], run: ["runs"] };
const groupOf = ({ kind }: Subject): readonly string[] => GROUP[kind] ?? [];

/** All of them. Keys are checked against the keymap and each other by a test. */
export const ACTIONS: readonly Action[] = [
  {
    id: "enable", key: "e", title: "enable", on: ["hook", "ref_hook"], refuse: is("active", "enabled", "deleted"),
    words: (subject) => [...groupOf(subject), "enable", nameOf(subject)],
    undo: (subject) => (subject.status === "paused" || subject.status === "errored" ? undefined : [...groupOf(subject), "disable", nameOf(subject), ...(subject.kind === "hook" ? optional("--reason", subject.facts?.["reason"] ?? "") : [])]),
  },
  {
    id: "disable", key: "d", title: "disable", on: ["hook"], refuse: is("disabled", "deleted"),
    ask: { label: ({ name = "" }) => `why is ${name} disabled? (may be left empty)` },
    words: (subject, typed) => ["hooks", "disable", nameOf(subject), ...optional("--reason", typed)],
    undo: (subject) => ["hooks", "enable", nameOf(subject)],
  },
  { id: "disable-ref-hook", key: "d", title: "disable", on: ["ref_hook"], refuse: is("disabled"), words: (subject) => ["refs", "hooks", "disable", nameOf(subject)], undo: (subject) => ["refs", "hooks", "enable", nameOf(subject)] },
  {
    id: "rollback", key: "b", title: "roll back to the version before", brief: "roll back", on: ["hook"],
    refuse: (subject) => is("deleted")(subject) ?? (subject.facts?.["version"] === "1" ? "it has one version" : subject.facts?.["to"] !== undefined && subject.facts["to"] === subject.facts["version"] ? "the cursor is on the version that runs" : undefined),
    // Without its state a hook that counts would begin anew, and the way back would not bring it back.
    words: (subject) => ["hooks", "rollback", nameOf(subject), ...optional("--to", subject.facts?.["to"] ?? ""), "--keep-state"],
    undo: (subject) => (subject.facts?.["version"] === undefined ? undefined : ["hooks", "rollback", nameOf(subject), "--to", subject.facts["version"], "--keep-state"]),
  },
  { id: "delete", key: "x", title: "delete", on: ["hook"], refuse: is("deleted"), words: (subject) => ["hooks", "delete", nameOf(subject)], undo: ({ id }) => ["hooks", "restore", id] },
  { id: "restore", key: "z", title: "restore", on: ["hook"], refuse: unless("deleted"), words: ({ id }) => ["hooks", "restore", id], undo: ({ id }) => ["hooks", "delete", id] },
  {
    id: "delete-ref-hook", key: "x", title: "delete", on: ["ref_hook"],
    confirm: ({ id }) => `delete the hook ${id}? It cannot be brought back.`, words: ({ id }) => ["refs", "hooks", "delete", id],
  },
  {
    id: "delete-branch", key: "x", title: "delete", on: ["branch"],
    confirm: ({ name = "" }) => `delete the branch ${name}? It cannot be brought back; its refs stay.`, words: (subject) => ["branches", "delete", nameOf(subject)],
  },
  {
    id: "test", key: "t", title: "try it for an event, record nothing", brief: "try", on: ["hook"], refuse: is("deleted"), reads: true,
    ask: { label: ({ name = "" }) => `for which event is ${name} tried? (id; empty: the newest it evaluated)`, given: ({ facts }) => facts?.["event"] ?? "" },
    words: (subject, typed) => ["hooks", "test", nameOf(subject), ...optional("--event", typed)],
  },
  {
    id: "replay", key: "r", title: "replay", on: ["event", "invocation"],
    ask: { label: () => "by which hook alone? (empty: by all that match)", given: ({ facts }) => facts?.["hook"] ?? "" },
    words: ({ id, facts }, typed) => ["events", "replay", facts?.["event"] ?? id, ...optional("--hook", typed)],
  },
  {
    id: "retry", key: "r", title: "try again", brief: "retry", on: ["dispatch", "webhook", "run"], refuse: is("pending", "running", "done", "sent"),
    words: (subject) => [...groupOf(subject), "retry", subject.id], undo: (subject) => [...groupOf(subject), "cancel", subject.id],
  },
  {
    id: "cancel", key: "c", title: "cancel", on: ["dispatch", "webhook", "run"], refuse: unless("pending", "running"),
    words: (subject) => [...groupOf(subject), "cancel", subject.id], undo: (subject) => [...groupOf(subject), "retry", subject.id],
  },
  {
    id: "hold", key: "H", title: "hold: store its events, evaluate none", brief: "hold", on: ["source"], refuse: is("held"),
    ask: { label: ({ id }) => `why is ${id} held? (may be left empty)` },
    words: ({ id }, typed) => ["sources", "hold", id, ...optional("--reason", typed)], undo: ({ id }) => ["sources", "release", id],
  },
  { id: "release", key: "R", title: "release: evaluate what was held", brief: "release", on: ["source"], refuse: unless("held"), confirm: ({ id }) => `evaluate everything of ${id} that is held?`, words: ({ id }) => ["sources", "release", id] },
  {
    id: "emit", key: "E", title: "emit an event",
    ask: { label: () => "the event, as JSON or as text", given: () => '{"type": "message", "channel": "console", "content": ""}' },
    words: (_, typed) => ["events", "emit", ...(typed.trimStart().startsWith("{") ? [typed.trim()] : ["--channel", "console", "--content", typed.trim()])],
  },
];

/** Those that can be done to it. */
export function actionsOn(kind: SubjectKind | undefined): readonly Action[] {
  return ACTIONS.filter(({ on }) => on === undefined || (kind !== undefined && on.includes(kind)));
}

export function actionById(id: string): Action | undefined {
  return ACTIONS.find((action) => action.id === id);
}
