import { drainMicrotasks } from "bun:jsc";
import { Broker } from "../../../src/engine/broker/broker.ts";
import type { OutboundMessage, SendResult } from "../../../src/engine/broker/outbound/outbound.ts";
import type { BrokerParts } from "../../../src/engine/broker/parts.ts";
import type { RunningTurn, TurnEnd, TurnInput } from "../../../src/engine/broker/runners/runner.ts";
import { configSchema } from "../../../src/engine/config.ts";
import type { Dispatch } from "../../../src/engine/core/dispatch.ts";
import type { NewEvent } from "../../../src/engine/core/event.ts";
import type { HookStage } from "../../../src/engine/core/hook.ts";
import type { StageOutcome, StageRequest } from "../../../src/engine/core/request.ts";
import type { QueueMode } from "../../../src/engine/core/queue-mode.ts";
import { insertDispatch, listDispatches } from "../../../src/engine/store/dispatches.ts";
import { insertEvents } from "../../../src/engine/store/events.ts";
import { DEFAULT_STORE_OPTIONS, Store } from "../../../src/engine/store/open.ts";
import { message, T0 } from "../../helpers/rows.ts";
import { Random } from "../../simulation/random.ts";
import { SimLoop } from "../../simulation/sim-loop.ts";
import { emptyDatabase } from "../../simulation/sim-store.ts";

/** What its agent does with a dispatch: answer; fail for a passing reason the first time; fail; take long. */
export type Behaviour = "answers" | "fails-once" | "fails" | "takes-long";

export interface Piece {
  readonly session: string;
  readonly mode: QueueMode;
  readonly behaviour: Behaviour;
  /** Comes when so many tasks have run. */
  readonly at: number;
}

class Killed extends Error {}

const LIMITS = { maxDepth: 8, maxChain: 1_000 };
const MOST_TASKS = 20_000;

/**
 * A Broker in a world that may be killed at any effect: before and after each commit, before and after an agent or an
 * adapter acts. What agents and adapters did stays done; what was not committed is gone. Then the next daemon starts.
 */
export class BrokerWorld {
  readonly store: Store;
  readonly violations: string[] = [];
  /** How often an agent acted for a dispatch, and how often a message arrived. */
  readonly acted = new Map<string, number>();
  readonly received = new Map<string, number>();
  readonly loop: SimLoop;
  readonly #killAt: number;
  /** How often hooks were asked, by stage and request; and what they answered is on record, as invocations are. */
  readonly asked = new Map<string, number>();
  readonly #answered = new Set<string>();
  readonly #withStages: boolean;
  readonly #alive = new Map<string, string>();
  readonly #pieces: Piece[];
  #broker: Broker | undefined;
  #daemon = 0;
  #made = 0;
  effects = 0;

  /** `withStages`: hooks stand at every stage, and add `(read)` to what the agent is given and `(checked)` to what it answers. */
  constructor(pieces: readonly Piece[], seed: number, killAt: number, withStages = false) {
    this.#withStages = withStages;
    this.loop = new SimLoop(new Random(seed), T0);
    this.store = new Store(emptyDatabase(), ":memory:", "/nowhere", { ...DEFAULT_STORE_OPTIONS, durability: "normal" });
    this.#pieces = [...pieces];
    this.#killAt = killAt;
  }

  run(): void {
    this.#guard(() => this.#start());
    for (let tasks = 0; tasks < MOST_TASKS; tasks += 1) {
      for (const piece of this.#pieces.filter(({ at }) => at <= tasks)) {
        this.#pieces.splice(this.#pieces.indexOf(piece), 1);
        this.#add(piece);
      }
      let more = false;
      this.#guard(() => {
        more = this.loop.step();
      });
      if (more || this.loop.busy || this.#pieces.length > 0) continue;
      if (listDispatches(this.store, { limit: 100 }).every(({ status }) => status !== "pending" && status !== "running") && this.#broker?.isIdle === true) return;
      const wait = this.loop.untilTimer;
      if (wait === undefined) return void this.violations.push("nothing left to do, and not at rest");
      this.loop.advance(wait);
    }
    this.violations.push("no rest");
  }

  #guard(act: () => void): void {
    try {
      act();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      this.loop.kill();
      this.loop.revive();
      this.#guard(() => this.#start());
    }
  }

  #effect(): void {
    this.effects += 1;
    if (this.effects !== this.#killAt) return;
    this.#daemon += 1;
    throw new Killed("killed here");
  }

  #start(): void {
    const daemon = this.#daemon;
    const ids = { make: (prefix: string) => `${prefix}_${String((this.#made += 1)).padStart(6, "0")}` };
    const config = configSchema.parse({ agents: { one: { runner: "command", command: ["x"], steer: true, max_turns: 10 } }, outbound: { out: { type: "file", path: "x", channels: ["test"] } }, queue: { debounce_ms: 5 }, broker: { retry_ms: 10 } });
    const commit = (work: () => void, committed?: () => void): void =>
      this.loop.post(`commits ${daemon}`, () => {
        // What the killed one still asks for reaches nobody.
        if (daemon !== this.#daemon) return;
        this.#effect();
        this.store.write(work);
        this.#effect();
        committed?.();
        this.#broker?.look();
      });
    const parts: BrokerParts = {
      store: this.store, ids, now: () => this.loop.now(), epoch: daemon, home: "/nowhere", settings: config, commit,
      accept: (events) => void insertEvents(this.store, events, LIMITS),
      notice: () => undefined, looked: () => undefined, stages: { has: () => this.#withStages, concerns: () => this.#withStages, run: (stage, request) => this.#ask(stage, request) }, random: () => 0.5,
      runner: () => ({ start: (input) => this.#agent(input) }),
      outbound: () => ({ send: (sent) => this.#receive(sent) }),
      endLeftOver: (turnId) => {
        this.#alive.delete(turnId);
        return Promise.resolve();
      },
    };
    this.#broker = new Broker(parts);
    void this.#broker.start();
    drainMicrotasks();
  }

  /** Something that a hook's fire, or another process, put there. */
  #add({ session, mode, behaviour }: Piece): void {
    const n = (this.#made += 1);
    const event: NewEvent = message(n, { received_at: this.loop.now(), content: behaviour });
    const dispatch: Dispatch = { id: `dsp_${n}`, hook_id: "hook_a", version_id: "ver_a", invocation_id: `inv_${n}`, event_id: event.id, status: "pending", routing: { queue_mode: mode }, session_key: session, prompt: behaviour, context: { data: {}, include_thread: false }, created_at: this.loop.now(), attempts: 0, not_before: 0 };
    this.store.write(() => {
      insertEvents(this.store, [event], LIMITS);
      insertDispatch(this.store, dispatch);
    });
    this.#broker?.fired();
    this.#broker?.look();
  }

  /** One that has answered for a request before is not asked again. */
  #ask(stage: HookStage, request: StageRequest): Promise<StageOutcome> {
    const outcome = Promise.withResolvers<StageOutcome>();
    const key = `${stage} ${request.id}`;
    this.loop.post(`hook ${key}`, () => {
      this.#effect();
      if (!this.#answered.has(key)) this.asked.set(key, (this.asked.get(key) ?? 0) + 1);
      this.#answered.add(key);
      this.#effect();
      outcome.resolve({ request: changed(stage, request) });
    });
    return outcome.promise;
  }

  #agent(input: TurnInput): RunningTurn {
    const { turn_id, session_key } = input;
    if (this.#withStages && !input.prompt.endsWith("(read)")) this.violations.push(`${turn_id} was given what the hooks did not read`);
    if ([...this.#alive.values()].includes(session_key)) this.violations.push(`two agents at once in ${session_key}`);
    this.#alive.set(turn_id, session_key);
    this.loop.post(`agent ${turn_id}`, () => this.#effect());
    const ended = Promise.withResolvers<TurnEnd>();
    const end = (how: TurnEnd): void => {
      if (this.#alive.delete(turn_id)) ended.resolve(how);
    };
    const steps = input.prompt.includes("takes-long") ? 12 : 2;
    const work = (left: number): void =>
      this.loop.post(`agent ${turn_id}`, () => {
        if (!this.#alive.has(turn_id)) return;
        if (left > 0) return work(left - 1);
        for (const id of input.dispatch_ids) this.#act(id, turn_id);
        this.#effect();
        end(this.#answer(input));
      });
    work(steps);
    return {
      ended: ended.promise,
      steer: (text) => {
        const taken = Promise.withResolvers<boolean>();
        this.loop.post(`agent ${turn_id}`, () => {
          this.#effect();
          taken.resolve(this.#alive.has(turn_id) && !text.includes("fails"));
        });
        return taken.promise;
      },
      interrupt: () => this.loop.post(`agent ${turn_id}`, () => end({ status: "interrupted", code: "AGENT_INTERRUPTED", message: "", retryable: false })),
    };
  }

  #act(id: string, turnId: string): void {
    this.acted.set(id, (this.acted.get(id) ?? 0) + 1);
    const row = listDispatches(this.store, { limit: 100 }).find((one) => one.id === id);
    if (row?.status !== "running" || row.turn_id !== turnId) this.violations.push(`${id} was acted on by ${turnId} while it was ${row?.status}`);
  }

  #answer({ prompt, dispatch_ids }: TurnInput): TurnEnd {
    const first = (this.acted.get(dispatch_ids[0] ?? "") ?? 0) <= 1;
    if (prompt.includes("fails-once") && first) return { status: "failed", code: "AGENT_UNREACHABLE", message: "not now", retryable: true };
    if (/fails\b(?!-)/.test(prompt)) return { status: "failed", code: "AGENT_REFUSED", message: "no", retryable: false };
    return { status: "done", text: `answer to ${dispatch_ids.join(" ")}` };
  }

  #receive({ delivery_id, text }: OutboundMessage): Promise<SendResult> {
    if (this.#withStages && !text.endsWith("(checked)")) this.violations.push(`${delivery_id} goes out without what the hooks made of it`);
    const arrived = Promise.withResolvers<SendResult>();
    this.loop.post(`post ${delivery_id}`, () => {
      this.received.set(delivery_id, (this.received.get(delivery_id) ?? 0) + 1);
      this.#effect();
      arrived.resolve({ sent: true });
    });
    return arrived.promise;
  }
}

function changed(stage: HookStage, request: StageRequest): StageRequest {
  if (stage === "afterAssembleContext" && request.context !== undefined) return { ...request, context: { ...request.context, prompt: `${request.context.prompt} (read)` } };
  if (stage === "afterRunAgent" && request.response !== undefined) return { ...request, response: { text: `${request.response.text} (checked)` } };
  return request;
}
