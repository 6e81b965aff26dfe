import { asNexusError, NexusError } from "../core/errors.ts";
import { addNotice } from "../store/notices.ts";
import { insertExecutions } from "../store/ref-executions.ts";
import { lockRefs, type RefLocks } from "../store/ref-locks.ts";
import type { Ask, Asked, UpdateOutcome } from "./asked.ts";
import { HookFailure, raised } from "./execution.ts";
import { Frame, MissingAnswer, type RefHost, type UpdateOptions } from "./frame.ts";
import { Walk } from "./walk.ts";

/** So often in a row others may change what a script was asked about: those who write the ref without hooks. */
const TRIES = 5;

/**
 * Moves refs, with the hooks that belong to them: all of it in one transaction, or nothing. Throws what is wrong with what
 * was asked; REF_HOOK_FAILED (or REF_CYCLE and the like) when a hook failed, after that was recorded; REF_BUSY.
 *
 * No foreign code runs while the database's write lock is held. A transaction that comes to a script whose answer is not
 * known yet is undone, the script runs, and the transaction begins again, with the answer; if others have changed what the
 * script was given, it is asked anew. So what is committed is what the hooks saw, and everything is checked where it counts:
 * in the transaction that commits. Updates of one ref that have scripts wait for each other, by a lock that only they know.
 */
export async function updateRefs(host: RefHost, ask: Ask, options: UpdateOptions = {}): Promise<UpdateOutcome> {
  const frame = new Frame(host);
  let locks: RefLocks | undefined;
  try {
    for (;;) {
      const outcome = attempt(host, frame, ask, options);
      if (!(outcome instanceof MissingAnswer)) return outcome;
      const names = namesOf(ask(host.store));
      if (locks === undefined) {
        locks = await lockRefs(host.store, names, host.config.refs.timeout_ms * 2);
        if (locks === undefined) throw busy(names, "others who wait for scripts had it all the time");
        // Whoever had it before may have changed what the first try met.
        continue;
      }
      if ((await frame.find(outcome)) >= TRIES) throw forNothing(host, frame, busy(names, `what it was planned on was changed by others ${TRIES} times in a row`));
    }
  } finally {
    locks?.release();
  }
}

/** One try; a missing answer is an outcome. */
function attempt(host: RefHost, frame: Frame, ask: Ask, options: UpdateOptions): UpdateOutcome | MissingAnswer {
  const walk = new Walk(host, frame, options);
  try {
    const work = (): UpdateOutcome => once(host, frame, walk, ask, options);
    return options.dryRun === true ? host.store.rehearse(work) : host.transaction(work);
  } catch (error) {
    if (error instanceof HookFailure) throw failed(host, frame, walk, error, options);
    if (error instanceof MissingAnswer) return error;
    throw forNothing(host, frame, error);
  }
}

/** Records what foreign code ran for an update that is not to be; says what was wrong. */
function forNothing(host: RefHost, frame: Frame, error: unknown): unknown {
  const ran = frame.useless(new Set());
  try {
    if (ran.length > 0) host.transaction(() => insertExecutions(host.store, ran));
  } catch {
    // What was wrong first is what the caller has to hear; a database that takes no row is wrong in both.
  }
  return error;
}

function namesOf({ writes, requests = [] }: Asked): string[] {
  return [...writes.map(({ ref_name }) => ref_name), ...requests.flatMap((request) => (request.kind === "passage" ? [] : request.ref_name))];
}

function busy([name = "the ref"]: readonly string[], why: string): NexusError {
  return new NexusError("REF_BUSY", `${name} could not be updated: ${why}; nothing was changed`, { hint: "try again" });
}

function once({ store, accept }: RefHost, frame: Frame, walk: Walk, ask: Ask, { dryRun = false, cause }: UpdateOptions): UpdateOutcome {
  const { before, writes, requests = [], emit = [], after } = ask(store);
  before?.();
  for (const write of writes) walk.write(write);
  for (const request of requests) walk.request(request);
  for (const input of emit) walk.emit(input, cause);
  after?.();
  insertExecutions(store, [...frame.useless(walk.used), ...walk.executions]);
  if (!dryRun) accept(walk.events);
  return outcomeOf(walk);
}

function outcomeOf({ transaction, updates, passages, executions, events, later }: Walk): UpdateOutcome {
  return { transaction_id: transaction, updates, passages, executions, events: events.map(({ id }) => id), webhooks: later.webhook, runs: later.run };
}

/** Records the failure, in a transaction of its own, and says it. A dry run's is only said. */
function failed(host: RefHost, frame: Frame, walk: Walk, failure: HookFailure, { dryRun = false }: UpdateOptions): NexusError {
  const { store, ids } = host;
  const error = raised(failure);
  if (dryRun) return error;
  try {
    host.transaction(() => {
      insertExecutions(store, [...frame.useless(walk.used), ...walk.executions].map((one) => (one.outcome === "done" ? { ...one, outcome: "undone" } : one)));
      addNotice(store, {
        id: ids.make("ntc", frame.at), at: frame.at, kind: "ref_update_failed",
        data: { ref_name: walk.updates[0]?.ref_name, hook_id: failure.hook.id, failed_on: failure.update.ref_name, code: error.code, message: error.message },
      });
    });
  } catch (unrecorded) {
    const { code, message } = asNexusError(unrecorded, "the failure could not be recorded");
    return new NexusError(error.code, `${error.message} (and it could not be recorded: ${message} [${code}])`, error.details);
  }
  return error;
}
