import { NexusError } from "../core/errors.ts";
import type { EffectiveMode } from "../core/queue-mode.ts";
import type { Dispatch } from "../core/dispatch.ts";
import type { AssembledContext, StoredSession } from "../core/turn.ts";
import { claimDispatch, dispatchById, tellDrop } from "../store/dispatches.ts";
import { openSession } from "../store/sessions.ts";
import { insertTurn, saveContext, saveEnd, saveProcess, turnById } from "../store/turns.ts";
import { withChanges } from "./context/assemble.ts";
import { gather } from "./gather.ts";
import type { BrokerParts } from "./parts.ts";
import type { Item } from "./queue-plan.ts";
import type { RunningTurn, TurnEnd, TurnInput } from "./runners/runner.ts";
import { requestOf } from "./request.ts";
import { takesSteering } from "./settings.ts";
import { agentSessionOf, settleTurn, type Ended } from "./turn-end.ts";
import { TurnRun } from "./turn-run.ts";

/** When the daemon stops, agents have so long to end once they were told to; then they are killed. */
const ENDING_MS = 2_000;
/** The end of one that was killed is known so soon; if not, the next start settles it. */
const KILLED_MS = 1_000;

export interface TurnsEvents {
  /** The session has no turn any more. */
  free(session: string): void;
  /** It waits again; called before `free`. */
  returned(session: string, item: Item): void;
}

/** The turns under way: one a session, as many of an agent and in all as the settings allow. */
export class Turns {
  readonly #parts: BrokerParts;
  readonly #events: TurnsEvents;
  readonly #bySession = new Map<string, TurnRun>();
  /** How many of each agent. */
  readonly #byAgent = new Map<string, number>();
  #abandoned = false;
  #whenIdle: (() => void)[] = [];

  constructor(parts: BrokerParts, events: TurnsEvents) {
    this.#parts = parts;
    this.#events = events;
  }

  get count(): number {
    return this.#bySession.size;
  }

  get all(): Iterable<TurnRun> {
    return this.#bySession.values();
  }

  of(session: string): TurnRun | undefined {
    return this.#bySession.get(session);
  }

  /** Whether a dispatch is part of one. */
  has(dispatchId: string): boolean {
    for (const { items, steered } of this.#bySession.values()) if ([...items, ...steered].some(({ id }) => id === dispatchId)) return true;
    return false;
  }

  get hasPlaces(): boolean {
    return this.#bySession.size < this.#parts.settings.broker.max_turns;
  }

  hasPlace(agent: string): boolean {
    return this.hasPlaces && (this.#byAgent.get(agent) ?? 0) < (this.#parts.settings.agents[agent]?.max_turns ?? 0);
  }

  /** Claims the items for a new turn; it runs once that is stored. */
  begin(session: string, items: readonly Item[], mode: EffectiveMode): void {
    const { store, ids, now, epoch, settings, commit } = this.#parts;
    const id = ids.make("trn", now());
    const agent = items[0]?.agent ?? "";
    const runner = settings.agents[agent]?.runner ?? "command";
    const run = new TurnRun({ id, session, items, canSteer: takesSteering(settings.agents[agent]), outlives: runner === "inbox" });
    this.#add(run);
    let claimed: Dispatch[] = [];
    let stored: StoredSession | undefined;
    commit(
      () => {
        claimed = items.filter((item) => claimDispatch(store, item.id, id, mode)).flatMap((item) => dispatchById(store, item.id) ?? []);
        const [first] = claimed;
        if (first === undefined) return;
        stored = openSession(store, { key: session, persona: first.persona ?? settings.persona, ...(first.thread_id === undefined ? {} : { thread_id: first.thread_id }) }, now());
        insertTurn(store, { id, session_key: session, agent, runner, started_at: now(), epoch, profile: first.profile ?? "reduced", ...(stored.head_turn_id === undefined ? {} : { parent_turn_id: stored.head_turn_id }) });
        this.#parts.notice("turn_started", first.hook_id, { turn: id, session, agent, dispatches: claimed.map((one) => one.id) });
      },
      () => {
        // Cancelled meanwhile, all of them.
        if (stored === undefined) this.#free(run);
        else void this.#run(run, stored, claimed);
      },
    );
  }

  /** Goes on with a turn that outlived the daemon that began it. */
  adopt(run: TurnRun, session: StoredSession, dispatches: readonly Dispatch[], context: { readonly system: string; readonly prompt: string }): void {
    this.#add(run);
    this.#start(run, this.#inputOf(run, session, dispatches, context));
  }

  /** Goes on with a turn whose agent had answered when the daemon ended. */
  resume(run: TurnRun, end: Extract<TurnEnd, { status: "done" }>): void {
    this.#add(run);
    void this.#afterRunAgent(run, end);
  }

  /** Waits for what runs, then ends it; without what outlives the daemon. */
  async stop(forMs: number): Promise<void> {
    if (this.#isAlone) return;
    await new Promise<void>((resolve) => {
      const ending = setTimeout(() => {
        for (const run of this.#own) run.end("stopped", "the daemon was stopped");
      }, forMs);
      const killing = setTimeout(() => {
        for (const { id } of this.#own) void this.#parts.endLeftOver(id, turnById(this.#parts.store, id)?.process);
      }, forMs + ENDING_MS);
      const giveUp = setTimeout(resolve, forMs + ENDING_MS + KILLED_MS);
      this.#whenIdle.push(() => {
        for (const timer of [ending, killing, giveUp]) clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends all of them and writes nothing more. */
  abandon(): void {
    this.#abandoned = true;
    for (const run of this.#own) run.end("stopped", "the engine has ended");
  }

  get #own(): TurnRun[] {
    return [...this.#bySession.values()].filter(({ outlives }) => !outlives);
  }

  get #isAlone(): boolean {
    return this.#own.length === 0;
  }

  async #run(run: TurnRun, session: StoredSession, dispatches: readonly Dispatch[]): Promise<void> {
    const { store, home, settings, commit } = this.#parts;
    const remembered = this.#rememberedBy(run, session, dispatches);
    try {
      const { context, told } = await gather({ store, home, settings, session, dispatches, remembers: remembered !== undefined });
      const given = await this.#afterAssembleContext(run, context);
      if (given === undefined) return;
      const save = (): void => {
        saveContext(store, run.id, given);
        for (const id of told) tellDrop(store, id, run.id);
      };
      const input = this.#inputOf(run, session, dispatches, given);
      commit(save, () => this.#start(run, input));
    } catch (error) {
      const { code, message } = error instanceof NexusError ? error : { code: "AGENT_START_FAILED", message: String(error) };
      this.#ended(run, { status: "failed", code: "AGENT_START_FAILED", message: `${code}: ${message}`, retryable: false });
    }
  }

  /** What the hooks of that stage make of the context; undefined when one of them has ended the turn. */
  async #afterAssembleContext(run: TurnRun, context: AssembledContext): Promise<AssembledContext | undefined> {
    const { stages, store, settings } = this.#parts;
    const stage = "afterAssembleContext";
    if (!stages.has(stage)) return context;
    await new Promise<void>((resolve) => this.#parts.commit(() => saveContext(store, run.id, context), resolve));
    const asked = requestOf(store, run.id, stage);
    const { request, skipped, stopped } = await stages.run(stage, asked);
    if (skipped !== undefined) {
      run.end("cancelled", skipped);
      this.#ended(run, { status: "interrupted", code: "REQUEST_SKIPPED", message: skipped, retryable: false });
      return undefined;
    }
    if (stopped !== undefined) {
      this.#ended(run, { status: "failed", code: "REQUEST_STOPPED", message: stopped, retryable: false });
      return undefined;
    }
    return withChanges(context, asked.context, request.context, settings.context.max_tokens);
  }

  /** Its agent has answered: asks the hooks of `afterRunAgent` before the answer counts. */
  async #answered(run: TurnRun, end: TurnEnd): Promise<void> {
    const { stages, store, commit } = this.#parts;
    if (this.#abandoned || end.status !== "done" || !stages.has("afterRunAgent")) return this.#ended(run, end);
    // Nothing more can be handed to it, nor interrupted.
    run.running = undefined;
    await new Promise<void>((resolve) => commit(() => saveEnd(store, run.id, end), resolve));
    await this.#afterRunAgent(run, end);
  }

  async #afterRunAgent(run: TurnRun, end: Extract<TurnEnd, { status: "done" }>): Promise<void> {
    const stage = "afterRunAgent";
    const { request, skipped, stopped } = await this.#parts.stages.run(stage, { ...requestOf(this.#parts.store, run.id, stage), response: { text: this.#parts.store.redactor.text(end.text) } });
    if (stopped !== undefined) return this.#ended(run, { status: "failed", code: "REQUEST_STOPPED", message: stopped, retryable: false, text: end.text });
    this.#ended(run, { ...end, text: request.response?.text ?? end.text }, skipped);
  }

  /** The session by the agent's own name. Not at a second attempt: it may be what the agent stumbled over. */
  #rememberedBy(run: TurnRun, session: StoredSession, dispatches: readonly Dispatch[]): string | undefined {
    return dispatches.some(({ attempts }) => attempts > 1) ? undefined : agentSessionOf(this.#parts.store, session.head_turn_id, run.agent);
  }

  #inputOf(run: TurnRun, session: StoredSession, dispatches: readonly Dispatch[], { system, prompt }: { readonly system: string; readonly prompt: string }): TurnInput {
    const remembered = this.#rememberedBy(run, session, dispatches);
    const [first] = dispatches;
    const profile = first?.profile ?? "reduced";
    return {
      turn_id: run.id,
      dispatch_ids: dispatches.map(({ id }) => id),
      session_key: run.session,
      persona: session.persona,
      profile,
      ...(session.thread_id === undefined ? {} : { thread_id: session.thread_id }),
      agent: run.agent,
      ...(system === "" ? {} : { system }),
      prompt,
      ...(remembered === undefined ? {} : { agent_session: remembered }),
      env: {
        NEXUS_HOME: this.#parts.home,
        NEXUS_AGENT_ID: run.agent,
        NEXUS_SESSION_ID: run.session,
        NEXUS_PERSONA: session.persona,
        NEXUS_PROFILE: profile,
        NEXUS_TURN_ID: run.id,
        NEXUS_DISPATCH_ID: first?.id ?? "",
        ...(session.thread_id === undefined ? {} : { NEXUS_THREAD_ID: session.thread_id }),
      },
    };
  }

  #start(run: TurnRun, input: TurnInput): void {
    const { store, settings, runner, commit } = this.#parts;
    if (this.#abandoned) return;
    const agent = settings.agents[run.agent];
    if (run.ending || agent === undefined) return this.#ended(run, { status: "interrupted", code: "AGENT_INTERRUPTED", message: "it was ended before it began", retryable: false });
    let running: RunningTurn;
    try {
      running = runner(run.agent, agent).start(input, { onProcess: (mark) => commit(() => saveProcess(store, run.id, mark)), onAgentSession: () => undefined });
    } catch (error) {
      // Its settings cannot be: that is this agent's affair, and not the group's whose commit this came with.
      return this.#ended(run, { status: "failed", code: "AGENT_START_FAILED", message: error instanceof Error ? error.message : String(error), retryable: false });
    }
    run.running = running;
    void running.ended.then((end) => this.#answered(run, end));
    // Something may have come to steer it while it was being prepared.
    this.#events.free(run.session);
  }

  #ended(run: TurnRun, end: TurnEnd, undelivered?: string): void {
    if (this.#abandoned) return;
    let ended: Ended = { returned: [], failed: [] };
    this.#parts.commit(
      () => {
        ended = settleTurn(this.#parts, run, end, undelivered);
        this.#parts.notice("turn_ended", undefined, { turn: run.id, session: run.session, agent: run.agent, status: end.status, ...(end.status === "done" ? {} : { code: end.code, error: end.message }) });
        for (const { item, reason } of ended.failed) this.#parts.notice("dispatch_failed", undefined, { dispatch: item.id, reason });
      },
      () => {
        for (const { item, not_before } of ended.returned) this.#events.returned(run.session, { ...item, not_before, blocked: true, unsteered: false });
        this.#free(run);
      },
    );
  }

  #add(run: TurnRun): void {
    this.#bySession.set(run.session, run);
    this.#byAgent.set(run.agent, (this.#byAgent.get(run.agent) ?? 0) + 1);
  }

  #free(run: TurnRun): void {
    if (this.#bySession.get(run.session) === run) {
      this.#bySession.delete(run.session);
      this.#byAgent.set(run.agent, (this.#byAgent.get(run.agent) ?? 1) - 1);
    }
    if (this.#isAlone) for (const tell of this.#whenIdle.splice(0)) tell();
    this.#events.free(run.session);
  }
}
