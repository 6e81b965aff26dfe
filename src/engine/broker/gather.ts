import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Dispatch } from "../core/dispatch.ts";
import type { StoredEvent } from "../core/event.ts";
import { NexusError } from "../core/errors.ts";
import type { AssembledContext, StoredSession, Turn } from "../core/turn.ts";
import { eventsAlike } from "../store/alike.ts";
import { dispatchesOfTurn, untoldDrops } from "../store/dispatches.ts";
import { seenEventById } from "../store/event-requests.ts";
import type { Store } from "../store/open.ts";
import { ancestry } from "../store/turns.ts";
import { assemble, sourceOf, steeringText, type Asked, type NamedText, type PastTurn } from "./context/assemble.ts";
import type { BrokerSettings } from "./settings.ts";

/** Longest file that is read for a context, bytes: more than any budget. */
const LARGEST_FILE = 4_194_304;
/** So many dropped dispatches are named to the next turn. */
const DROPS_TOLD = 50;
const DROP_LINE = 200;

export interface Gathered {
  readonly context: AssembledContext;
  /** Dropped dispatches that this context tells of. */
  readonly told: readonly string[];
}

export interface GatherParts {
  readonly store: Store;
  readonly home: string;
  readonly settings: BrokerSettings;
  readonly session: StoredSession;
  readonly dispatches: readonly Dispatch[];
  /** The agent keeps this session's history itself, so it is not told again. */
  readonly remembers: boolean;
  /** Of all dispatches, where it is not stored. */
  readonly event?: StoredEvent;
}

/** Reads what belongs into a turn's context and assembles it. */
export async function gather({ store, home, settings, session, dispatches, remembers, event }: GatherParts): Promise<Gathered> {
  const drops = untoldDrops(store, session.key, DROPS_TOLD);
  const wantsHistory = !remembers && dispatches.some(({ context }) => context.include_thread);
  const context = assemble({
    workspace: await readAll(home, settings.context.files, "context.files"),
    persona: await readAll(home, settings.personas[session.persona]?.files ?? [], `personas.${session.persona}.files`),
    history: wantsHistory && session.head_turn_id !== undefined ? pastTurns(store, session.head_turn_id, settings.context.history_turns) : [],
    found: found(store, settings, dispatches, event),
    dropped: drops.map((dispatch) => dropLine(store, dispatch)),
    asked: dispatches.map((dispatch) => askedBy(store, dispatch, event)),
    budget: settings.context.max_tokens,
  });
  return { context, told: drops.map(({ id }) => id) };
}

/** What is handed to the running turn for a dispatch that steers it. */
export function steering(store: Store, dispatch: Dispatch): string {
  return steeringText(askedBy(store, dispatch));
}

/** What the ledger has that is like the newest of the events, when the settings ask for it. */
function found(store: Store, settings: BrokerSettings, dispatches: readonly Dispatch[], given: StoredEvent | undefined): NamedText[] {
  const newest = dispatches.at(-1);
  const event = given ?? (newest === undefined ? undefined : seenEventById(store, newest.event_id));
  if (event === undefined) return [];
  return eventsAlike(store, event, settings.context.found_events).map((alike) => ({ name: sourceOf(alike), text: alike.content ?? "" }));
}

function askedBy(store: Store, dispatch: Dispatch, given?: StoredEvent): Asked {
  const event = given ?? seenEventById(store, dispatch.event_id);
  const { data, enrich } = dispatch.context;
  return {
    dispatch_id: dispatch.id,
    event: event ?? { id: dispatch.event_id, type: "gone", channel: "gone", timestamp: dispatch.created_at },
    prompt: dispatch.prompt,
    data: enrich === undefined ? data : { ...data, enrich },
  };
}

function pastTurns(store: Store, head: string, limit: number): PastTurn[] {
  return ancestry(store, head, limit).flatMap((turn) => (turn.answer === undefined ? [] : [pastTurn(store, turn, turn.answer)]));
}

function pastTurn(store: Store, turn: Turn, answered: string): PastTurn {
  return { turn_id: turn.id, asked: dispatchesOfTurn(store, turn.id).filter(({ status }) => status !== "dropped").map((dispatch) => steering(store, dispatch)).join("\n\n"), answered };
}

function dropLine(store: Store, { id, event_id, prompt }: Dispatch): string {
  const text = prompt ?? seenEventById(store, event_id)?.content ?? "";
  const line = text.replaceAll(/\s+/g, " ").trim();
  return `${id} (event ${event_id}): ${line.length > DROP_LINE ? `${line.slice(0, DROP_LINE)}...` : line}`;
}

function readAll(home: string, paths: readonly string[], setting: string): Promise<NamedText[]> {
  return Promise.all(paths.map(async (path): Promise<NamedText> => {
    const file = Bun.file(resolve(home, path));
    if (file.size > LARGEST_FILE) throw new NexusError("CONFIG_INVALID", `${setting}: ${path} has ${file.size} bytes; ${LARGEST_FILE} are the most`);
    try {
      return { name: path, text: await readFile(resolve(home, path), "utf8") };
    } catch (error) {
      throw new NexusError("CONFIG_INVALID", `${setting}: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  }));
}
