import { asNexusError, NexusError } from "../core/errors.ts";
import { shellWord } from "../core/shell-word.ts";
import { DueWork } from "../core/due-work.ts";
import type { StoredEvent } from "../core/event.ts";
import { EMPTY_OVERLAY } from "../core/ref.ts";
import { requestOf, REQUESTS_PROCESSOR, type RefRequest } from "../core/ref-request.ts";
import type { EventInput } from "../core/event-input.ts";
import { eventById } from "../store/event-queries.ts";
import { handlerByName } from "../store/ref-handlers.ts";
import { claimRun, dueRuns, endRun, nextRunAt, returnRun, runningRuns, type Run } from "../store/runs.ts";
import { scriptOfHandler } from "./handler-script.ts";
import type { HandlerOutcome } from "./handlers.ts";
import type { RefWorkParts } from "./parts.ts";
import { refEventId } from "./ref-event.ts";
import { updateRefs } from "./update.ts";

const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

/** What a processor wants to be true, or why it failed. */
interface Answer {
  readonly requests: readonly RefRequest[];
  readonly emit: readonly EventInput[];
  readonly result?: unknown;
  readonly logs: HandlerOutcome["logs"];
}

/**
 * Runs what waits for a processor: of each one run at a time, in order. What a processor asks for, its result and the
 * end of its run are one transaction, so a run counts once or not at all; one that was cut off is begun again.
 */
export function runWorker(parts: RefWorkParts): DueWork<Run> {
  const { host: { store, clock, config }, rested } = parts;
  return new DueWork({
    most: config.refs.max_runs, rested,
    now: () => clock.now(),
    due: (now, limit) => dueRuns(store, now, limit),
    nextAt: (now) => nextRunAt(store, now),
    begin: (waiting, signal, settled) => void claimed(parts, waiting, signal).then(settled),
  });
}

async function claimed(parts: RefWorkParts, waiting: Run, signal: AbortSignal): Promise<void> {
  const { store, clock } = parts.host;
  let mine = false;
  await parts.commit(() => void (mine = claimRun(store, waiting.id, clock.now()))).catch(() => undefined);
  if (mine && !signal.aborted) await one(parts, { ...waiting, attempts: waiting.attempts + 1 }, signal);
}

/** Before the first run: what the daemon before this one was at is begun again, or given up. */
export function takeUpRuns({ host: { store, clock, config, transaction }, notice }: RefWorkParts): void {
  const left = runningRuns(store);
  if (left.length === 0) return;
  transaction(() => {
    for (const run of left) {
      if (run.attempts < config.refs.run_attempts) returnRun(store, run.id);
      else {
        endRun(store, run.id, { status: "failed", at: clock.now(), code: "RUN_LOST", error: `the daemon ended during each of its ${run.attempts} attempts` });
        notice("run_failed", { run: run.id, processor: run.processor_type, code: "RUN_LOST" });
      }
    }
  });
}

async function one(parts: RefWorkParts, run: Run, signal: AbortSignal): Promise<void> {
  try {
    const event = eventOf(parts, run);
    const answer = await answerOf(parts, run, event);
    if (signal.aborted) return;
    const { requests, emit, result, logs } = answer;
    const { store, clock } = parts.host;
    const settle = (): void => {
      if (!endRun(store, run.id, { status: "done", at: clock.now(), result, logs })) throw new NexusError("RUN_WRONG_STATE", `the run ${run.id} was taken away while it ran`);
    };
    await updateRefs(parts.host, () => ({ writes: [], requests, emit, after: settle }), { actor: run.id, cause: event.id });
  } catch (error) {
    if (!signal.aborted) await parts.commit(() => fail(parts, run, error)).catch(() => undefined);
  }
}

class HandlerFailed extends Error {
  readonly answer: HandlerOutcome;

  constructor(answer: HandlerOutcome) {
    super(answer.error ?? answer.outcome);
    this.answer = answer;
  }
}

async function answerOf({ host: { store }, handlers }: RefWorkParts, run: Run, event: StoredEvent): Promise<Answer> {
  if (run.processor_type === REQUESTS_PROCESSOR) return { requests: [requestOf(event)].filter((request) => request !== undefined), emit: [], logs: [] };
  const handler = handlerByName(store, "processor", run.processor_type);
  if (handler === undefined) throw new NexusError("PROCESSOR_NOT_FOUND", `no processor ${JSON.stringify(run.processor_type)} is registered`, { next: [`nexus runs processors register ${shellWord(run.processor_type)} SCRIPT`] });
  const given = { run: { id: run.id, processor_type: run.processor_type, input: run.input, attempt: run.attempts } };
  const answer = await handlers.run({ script: scriptOfHandler(handler), event, given, overlay: EMPTY_OVERLAY });
  if (answer.outcome !== "done") throw new HandlerFailed(answer);
  const asked = answer.emit.map((input) => ({ input, request: requestOf(input) }));
  return { requests: asked.flatMap(({ request }) => request ?? []), emit: asked.flatMap(({ input, request }) => (request === undefined ? [input] : [])), result: answer.result, logs: answer.logs };
}

/** The update that caused it, or the request; of a run that somebody began, a made-up one. */
function eventOf({ host: { store } }: RefWorkParts, { id, event_id, update_id, input, created_at }: Run): StoredEvent {
  const named = update_id === undefined ? event_id : refEventId(update_id);
  const stored = named === undefined ? undefined : eventById(store, named);
  return stored ?? {
    id: `run:${id}`, seq: 0, timestamp: created_at, received_at: created_at, type: "run", channel: "ref", content_types: [], direction: "received", source_adapter: "run", source_id: id, metadata: input, depth: 0,
  };
}

/** Inside a transaction: it waits for another attempt, or has failed. */
function fail({ host: { store, clock, config }, notice }: RefWorkParts, run: Run, error: unknown): void {
  const at = clock.now();
  const { code, message, logs } = error instanceof HandlerFailed ? { code: `PROCESSOR_${error.answer.outcome.toUpperCase()}`, message: error.message, logs: error.answer.logs } : { ...asNexusError(error, "the run").toJSON(), logs: [] };
  const again = run.attempts < config.refs.run_attempts;
  const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (run.attempts - 1));
  const ended = endRun(store, run.id, again ? { status: "pending", at, not_before: at + pause, code, error: message, logs } : { status: "failed", at, code, error: message, logs });
  if (ended && !again) notice("run_failed", { run: run.id, processor: run.processor_type, code, error: message });
}
