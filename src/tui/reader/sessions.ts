import type { StoredSession, Turn } from "../../engine/core/turn.ts";
import { listDispatches, waitingBySession, waitingIn } from "../../engine/store/dispatches.ts";
import { dispatchById } from "../../engine/store/dispatches.ts";
import { ancestry, runningTurns, turnById, turnsOfSession } from "../../engine/store/turns.ts";
import { listSessions, sessionByKey } from "../../engine/store/sessions.ts";
import { dispatchFacts, type DispatchFacts } from "./dispatches.ts";
import type { ReaderHome } from "./reader-home.ts";

export interface SessionFacts {
  readonly key: string;
  readonly persona: string;
  readonly thread?: string;
  readonly waiting: number;
  /** The agent of the turn that runs. */
  readonly running?: string;
  readonly last?: { readonly status: string; readonly at: number };
  readonly updated_at: number;
}

export interface SessionList {
  readonly sessions: readonly SessionFacts[];
}

type TurnFacts = Pick<Turn, "id" | "agent" | "status" | "started_at" | "ended_at" | "usage" | "error" | "answer"> & { readonly prompt: string };

export interface SessionDetail {
  readonly session?: StoredSession;
  readonly waiting?: readonly DispatchFacts[];
  readonly turns?: readonly TurnFacts[];
}

const MOST_SESSIONS = 300;
const MOST_WAITING = 500;
const MOST_TURNS = 100;
const MOST_TEXT = 4_000;

/** The last turns come with their whole contexts, so it is read seldom. */
export function readSessions(home: ReaderHome, { now }: { readonly now: number }): SessionList {
  return home.seldom("sessions", now, () => sessionsOf(home));
}

function sessionsOf({ store }: ReaderHome): SessionList {
  const waiting = new Map(waitingBySession(store, MOST_WAITING).map((one) => [one.session, one.waiting]));
  const running = new Map(runningTurns(store).map((turn) => [turn.session_key, turn.agent]));
  const stored = listSessions(store, MOST_SESSIONS);
  const known = new Set(stored.map(({ key }) => key));
  // What waits for its first turn has no session yet.
  const coming = [...waiting.keys()].filter((key) => !known.has(key));
  return {
    sessions: [
      ...coming.map((key): SessionFacts => ({ key, persona: "-", waiting: waiting.get(key) ?? 0, updated_at: 0 })),
      ...stored.map(({ key, persona, thread_id, head_turn_id, updated_at }): SessionFacts => {
        const head = head_turn_id === undefined ? undefined : turnById(store, head_turn_id);
        const agent = running.get(key);
        return {
          key, persona, waiting: waiting.get(key) ?? 0, updated_at,
          ...(thread_id === undefined ? {} : { thread: thread_id }), ...(agent === undefined ? {} : { running: agent }),
          ...(head === undefined ? {} : { last: { status: head.status, at: head.ended_at ?? head.started_at } }),
        };
      }),
    ],
  };
}

/** Turns come with their whole contexts, too. */
export function readSession(home: ReaderHome, { id, tab, now }: { readonly id: string; readonly tab: string; readonly now: number }): SessionDetail {
  const { store } = home;
  const session = sessionByKey(store, id);
  const known = session === undefined ? {} : { session };
  switch (tab) {
    case "turns":
      return { ...known, turns: home.seldom(`turns ${id}`, now, () => turnsOfSession(store, id, MOST_TURNS).map(turnFacts)) };
    case "history":
      return { ...known, turns: home.seldom(`history ${id}`, now, () => (session?.head_turn_id === undefined ? [] : ancestry(store, session.head_turn_id, MOST_TURNS).toReversed().map(turnFacts))) };
    default: {
      const running = listDispatches(store, { session: id, status: "running", limit: MOST_WAITING });
      const waiting = waitingIn(store, id).slice(0, MOST_WAITING).flatMap((row) => dispatchById(store, row.id) ?? []);
      return { ...known, waiting: [...running.toReversed(), ...waiting].map((one) => dispatchFacts(store, one)) };
    }
  }
}

function turnFacts({ id, agent, status, started_at, ended_at, usage, error, answer, context }: Turn): TurnFacts {
  return {
    id, agent, status, started_at, prompt: (context?.prompt ?? "").slice(0, MOST_TEXT),
    ...(ended_at === undefined ? {} : { ended_at }), ...(usage === undefined ? {} : { usage }), ...(error === undefined ? {} : { error }),
    ...(answer === undefined ? {} : { answer: answer.slice(0, MOST_TEXT) }),
  };
}
