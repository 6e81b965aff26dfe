import { NexusError } from "../core/errors.ts";
import { shellWord } from "../core/shell-word.ts";
import type { EventInput } from "../core/event-input.ts";
import type { NewEvent } from "../core/event.ts";
import type { IdPrefix } from "../core/ids.ts";
import type { HooksRan, Passage, RefExecution, RefHook, RefOverlay, RefUpdate } from "../core/ref.ts";
import { normaliseEvent } from "../ingest/normalise.ts";
import { branchOfRef } from "../store/branches.ts";
import { storeError } from "../store/open.ts";
import { insertPassage, passageById } from "../store/passages.ts";
import { hooksOfRef } from "../store/ref-hooks.ts";
import { refByName, writeRef } from "../store/refs.ts";
import { actionOf } from "./actions/actions.ts";
import type { ActionCall, ForeignJob } from "./actions/action.ts";
import type { AskedWrite } from "./asked.ts";
import { doneExecution, failedExecution, HookFailure, type Begun } from "./execution.ts";
import { MissingAnswer, type Frame, type RefHost, type UpdateOptions } from "./frame.ts";
import type { HandlerOutcome } from "./handlers.ts";
import { checkMetadata, newPassage } from "./new-passage.ts";
import { refEvent } from "./ref-event.ts";
import { checkRefName } from "./ref-names.ts";
import type { RefRequest } from "../core/ref-request.ts";

/** How an update came about: the refs and hooks that led to it, outermost first. */
interface Path {
  readonly refs: readonly string[];
  /** The event of the update whose hook asked for it. */
  readonly cause: string | undefined;
}

/** A hook and the update it runs on. */
interface Turn {
  readonly hook: RefHook;
  readonly position: number;
  readonly update: RefUpdate;
  readonly passage: Passage;
  readonly event: NewEvent;
  readonly path: Path;
}

/** An execution that may ask foreign code. */
interface Asking {
  /** Which execution of the update it is, counted from 0. */
  readonly place: number;
  readonly begun: Begun;
  /** What was answered so far. */
  readonly foreign: HandlerOutcome[];
}

/**
 * One try of an update, inside a transaction: writes refs and history, runs their hooks in order, and theirs. What it has
 * done is undone with the transaction; its executions stay readable, for the record of a failure.
 *
 * It does the same in every try as long as the database says the same, so that an answer of foreign code, once known,
 * fits again: the key of an answer is everything that the code was given.
 */
export class Walk {
  readonly updates: RefUpdate[] = [];
  readonly passages: Passage[] = [];
  readonly executions: RefExecution[] = [];
  readonly events: NewEvent[] = [];
  /** Keys of the answers of foreign code that it has used. */
  readonly used = new Set<string>();
  /** What will happen after the commit. */
  readonly later = { webhook: 0, run: 0 };
  readonly #host: RefHost;
  readonly #frame: Frame;
  readonly #options: UpdateOptions;
  #overlay: RefOverlay = { refs: {}, passages: {} };
  #made = 0;
  readonly #transaction: string;

  constructor(host: RefHost, frame: Frame, options: UpdateOptions) {
    this.#host = host;
    this.#frame = frame;
    this.#options = options;
    this.#transaction = frame.id("upd", -1);
  }

  get transaction(): string {
    return this.#transaction;
  }

  get #root(): Path {
    return { refs: [], cause: this.#options.cause };
  }

  id(prefix: IdPrefix): string {
    return this.#frame.id(prefix, this.#made++);
  }

  /** False where there was nothing to delete. */
  write(asked: AskedWrite, path: Path = this.#root): boolean {
    const { store, config } = this.#host;
    const name = checkRefName(asked.ref_name);
    const { max_depth, max_writes } = config.refs;
    if (path.refs.includes(name)) throw new NexusError("REF_CYCLE", `hooks lead in a circle: ${[...path.refs, name].join(" -> ")}`, { hint: "nexus refs hooks list shows the hooks; disable or change one of them" });
    if (path.refs.length > max_depth) throw new NexusError("REF_CASCADE_TOO_DEEP", `hooks lead deeper than refs.max_depth = ${max_depth}: ${[...path.refs, name].join(" -> ")}`);
    if (this.updates.length >= max_writes) throw new NexusError("REF_CASCADE_TOO_DEEP", `the update would write more than refs.max_writes = ${max_writes} refs; the next would be ${name}`);
    const before = refByName(store, name);
    if (asked.expect !== undefined && asked.expect !== (before?.passage_id ?? null)) {
      throw new NexusError("REF_MOVED", `${name} is at ${before?.passage_id ?? "nothing"}, not at ${asked.expect ?? "nothing"}`, { hint: `nexus refs history ${shellWord(name)} shows who moved it` });
    }
    const passage = asked.passage === undefined ? undefined : this.#passage(asked.passage);
    if (passage === undefined && before === undefined) return false;
    const given = asked.metadata === undefined ? undefined : checkMetadata(store.redactor.value(asked.metadata), config.refs);
    const hooks = passage === undefined || !asked.hooks ? [] : this.#hooks(name);
    const ran = this.#ran(name, asked, hooks.length);
    const id = this.updates.length === 0 ? this.#transaction : this.id("upd");
    const { actor } = this.#options;
    const update = writeRef(store, {
      id, ref_name: name, transaction_id: this.#transaction, depth: path.refs.length, action: asked.action, hooks: ran, created_at: this.#frame.at,
      ...(passage === undefined ? {} : { passage_id: passage.id }), metadata: given, ...(actor === undefined ? {} : { created_by: actor }),
    });
    this.updates.push(update);
    const event = refEvent(update, passage, path.cause);
    this.events.push(event);
    const metadata = given ?? before?.metadata ?? {};
    this.#overlay = { ...this.#overlay, refs: { ...this.#overlay.refs, [name]: passage === undefined ? null : { passage_id: passage.id, metadata } } };
    if (passage === undefined || ran !== "ran") return true;
    for (const [position, hook] of hooks.entries()) this.#execute({ hook, position, update, passage, event, path: { refs: [...path.refs, name], cause: event.id } }, metadata);
    return true;
  }

  /** Returns what has that id from now on: the same text under the name that it was given before is the passage that is there. Throws PASSAGE_EXISTS. */
  #addPassage(passage: Passage): Passage {
    const { store } = this.#host;
    const before = passageById(store, passage.id);
    if (before !== undefined) {
      if (before.hash === passage.hash) return before;
      throw new NexusError("PASSAGE_EXISTS", `${passage.id} is another passage already, and a passage never changes`, { hint: "leave the id out, or give another", next: [`nexus passages get ${passage.id}`] });
    }
    insertPassage(store, passage);
    this.passages.push(passage);
    this.#overlay = { ...this.#overlay, passages: { ...this.#overlay.passages, [passage.id]: passage } };
    return passage;
  }

  /** Does what a script asks for; returns it as a short text. */
  request(request: RefRequest, path: Path = this.#root): string {
    if (request.kind === "delete") return this.write({ ref_name: request.ref_name, action: "delete", hooks: false }, path) ? `deleted ${request.ref_name}` : `${request.ref_name} was not there`;
    if (request.kind === "passage") {
      const count = this.passages.length;
      const { id } = this.#addPassage(this.#newPassage(request.passage));
      return this.passages.length > count ? `added ${id}` : `${id} was there`;
    }
    const { ref_name, metadata, hooks } = request;
    const passage = request.passage === undefined ? request.passage_id : this.#newPassage(request.passage);
    this.write({ ref_name, passage, metadata, hooks, action: "set" }, path);
    return `set ${ref_name} to ${this.updates.findLast((update) => update.ref_name === ref_name)?.passage_id ?? "nothing"}`;
  }

  emit(input: EventInput, cause: string | undefined): void {
    const event = normaliseEvent(input, { now: this.#frame.at, maxBytes: this.#host.config.events.max_bytes, adapter: "ref_hook" });
    this.events.push(cause === undefined ? event : { ...event, cause_id: cause });
  }

  #newPassage(given: Extract<RefRequest, { kind: "passage" }>["passage"]): Passage {
    const { store, config } = this.#host;
    const { actor } = this.#options;
    return newPassage({ ...given, ...(actor === undefined ? {} : { created_by: actor }) }, { limits: config.refs, redactor: store.redactor, ids: { make: (prefix) => this.id(prefix) }, now: this.#frame.at });
  }

  #passage(given: string | Passage): Passage {
    if (typeof given !== "string") return this.#addPassage(given);
    const passage = passageById(this.#host.store, given);
    if (passage === undefined) throw new NexusError("PASSAGE_NOT_FOUND", `there is no passage ${JSON.stringify(given)}`, { next: ["nexus passages list"] });
    return passage;
  }

  /** More than may be were inserted by hand: which of them are meant to run is not to be guessed. */
  #hooks(name: string): RefHook[] {
    const { store, config: { refs: { max_hooks } } } = this.#host;
    const hooks = hooksOfRef(store, name, max_hooks + 1);
    if (hooks.length > max_hooks) throw new NexusError("REF_HOOK_LIMIT", `${name} has more than refs.max_hooks = ${max_hooks} enabled hooks`, { hint: "disable or delete some, or raise the setting", next: [`nexus refs hooks list --ref ${shellWord(name)}`] });
    return hooks;
  }

  #ran(name: string, { passage, hooks, action }: AskedWrite, count: number): HooksRan {
    if (passage === undefined) return "none";
    // A fork's own refs begin without hooks, whatever its branch says of later updates.
    if (!hooks || action === "fork") return "off";
    if (branchOfRef(this.#host.store, name)?.hooks_enabled === false) return "branch";
    return count === 0 ? "none" : "ran";
  }

  #execute(turn: Turn, metadata: Readonly<Record<string, unknown>>): void {
    const { clock, store } = this.#host;
    const place = this.executions.length;
    const { hook, update, position } = turn;
    const begun = { id: this.id("rhx"), hook_id: hook.id, ref_name: hook.ref_name, action_type: hook.action_type, update_id: update.id, transaction_id: this.#transaction, position, depth: update.depth };
    const startedAt = clock.now();
    const from = clock.monotonic();
    const foreign: HandlerOutcome[] = [];
    // Its place among them is taken before those of its cascades.
    this.executions.push({ ...begun, started_at: startedAt, finished_at: startedAt, latency_us: 0, outcome: "undone", effects: [] });
    const took = (): { started_at: number; us: number } => ({ started_at: foreign[0]?.started_at ?? startedAt, us: Math.round((clock.monotonic() - from) * 1_000) + foreign.reduce((sum, { latency_us }) => sum + latency_us, 0) });
    try {
      const effects = actionOf(store, hook).run(this.#call(turn, metadata, { place, begun, foreign }));
      this.executions[place] = doneExecution(begun, took(), effects, foreign);
    } catch (error) {
      const known = storeError(error, store.path);
      if (error instanceof MissingAnswer || known !== error) throw known;
      this.executions[place] = failedExecution(begun, took(), error, foreign);
      throw HookFailure.of(error, hook, update);
    }
  }

  #call({ hook, update, passage, event, path }: Turn, metadata: Readonly<Record<string, unknown>>, asking: Asking): ActionCall {
    const { store, config } = this.#host;
    const overlay = this.#overlay;
    return {
      store, limits: config.refs, hook, update, passage, metadata, overlay,
      event: { ...event, seq: 0 },
      at: this.#frame.at,
      dryRun: this.#options.dryRun === true,
      makeId: (prefix) => this.id(prefix),
      ask: (job) => {
        const answer = this.#answer(job, asking);
        asking.foreign.push(answer);
        return answer;
      },
      promise: (kind) => void (this.later[kind] += 1),
      request: (request) => this.request(request, path),
      emit: (input) => this.emit(input, event.id),
    };
  }

  #answer(job: ForeignJob, { place, begun }: Asking): HandlerOutcome {
    if (this.#options.dryRun === true) return { outcome: "done", started_at: this.#frame.at, latency_us: 0, logs: [], emit: [] };
    const key = new Bun.CryptoHasher("sha256").update(JSON.stringify([place, job])).digest("hex");
    const answer = this.#frame.answer(key);
    if (answer === undefined) throw new MissingAnswer({ key, place, job, begun });
    this.used.add(key);
    return answer;
  }
}
