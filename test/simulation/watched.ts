import type { Runtime, RuntimeEvents } from "../../src/engine/runtime/runtime.ts";
import type { Model } from "./model.ts";
import type { Random } from "./random.ts";
import type { SimLoop } from "./sim-loop.ts";
import type { Surroundings } from "./sim-worker.ts";

type Note = (line: () => string) => void;

/** The runtime with the model looking on: what is handed over, and what comes back without an answer. */
export function watchedRuntime(start: (events: RuntimeEvents) => Runtime, events: RuntimeEvents, model: Model, note: Note): Runtime {
  const runtime = start({
    ...events,
    onReturned: (version, jobs, why) => {
      note(() => `returned ${why}: ${jobs.map(({ event }) => event.id).join(" ")} of ${version}`);
      model.returned(version, jobs, why);
      events.onReturned(version, jobs, why);
    },
  });
  return {
    submit: (submission, solo) => {
      note(() => `submit ${solo ? "alone " : ""}${submission.jobs.map(({ event }) => event.id).join(" ")} to ${submission.version}`);
      model.submitted(submission);
      runtime.submit(submission, solo);
    },
    flush: () => runtime.flush(),
    recycle: (why, pids) => runtime.recycle(why, pids),
    retire: (version) => runtime.retire(version),
    get soloFree() {
      return runtime.soloFree;
    },
    get inFlight() {
      return runtime.inFlight;
    },
    get pids() {
      return runtime.pids;
    },
    [Symbol.asyncDispose]: () => runtime[Symbol.asyncDispose](),
  };
}

interface Parts {
  readonly seed: number;
  readonly random: Random;
  readonly loop: SimLoop;
  readonly model: Model;
  readonly note: Note;
  readonly kill: () => void;
}

/** What scripts do, told to the model and the trace. */
export function watchedSurroundings({ seed, random, loop, model, note, kill }: Parts): Surroundings {
  return {
    seed,
    random,
    now: () => loop.now(),
    monotonic: () => loop.monotonic(),
    step: (source, step) => loop.post(source, step),
    begun: (load, event) => model.begun(load, event),
    acted: (load, event, act, counted) => {
      note(() => `${load.hook.slug} ${act.kind}${act.fire ? " fire" : ""} on ${event}${counted === undefined ? "" : ` n=${counted}`}`);
      model.acted(load, event, act, counted);
    },
    loadFailed: ({ v }) => model.loadFailed(v),
    killDaemon: (why) => {
      note(() => why);
      kill();
    },
  };
}
