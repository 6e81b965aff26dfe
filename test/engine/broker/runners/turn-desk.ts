import { expect } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { agentSchema, type AgentSettings, type InboxAgent } from "../../../../src/engine/core/agent-settings.ts";
import { unconfiguredLlm } from "../../../../src/engine/clients/llm.ts";
import { createRunner, type RunnerParts } from "../../../../src/engine/broker/runners/create-runner.ts";
import type { ProcessMark } from "../../../../src/engine/core/turn.ts";
import type { RunningTurn, TurnEnd, TurnInput } from "../../../../src/engine/broker/runners/runner.ts";
import { tempHome } from "../../../helpers/temp-home.ts";

const AGENTS = join(import.meta.dir, "../../../fixtures/agents");

/** The command that runs a fake agent. */
export const fake = (name: string, ...args: string[]): string[] => [process.execPath, join(AGENTS, `${name}.ts`), ...args];

export interface DeskTurn extends RunningTurn {
  readonly marks: readonly ProcessMark[];
  readonly sessions: readonly string[];
  /** The next that the agent gives its own name for the session. */
  readonly named: Promise<string>;
}

/** Parts that reach whatever is asked for. */
export const openParts: Pick<RunnerParts, "fetch" | "llm"> = { fetch: (url, init) => fetch(url, init), llm: unconfiguredLlm };

let turns = 0;

/** Runs turns in a home of its own; at its end nothing of them may be left. */
export class TurnDesk {
  readonly #home = tempHome();
  readonly #parts: Partial<RunnerParts>;
  readonly #turnIds: string[] = [];

  constructor(parts: Partial<RunnerParts> = {}) {
    this.#parts = parts;
  }

  get home(): string {
    return this.#home.path;
  }

  start(settings: object, input: Partial<TurnInput> = {}, parts: Partial<RunnerParts> = {}): DeskTurn {
    turns += 1;
    const turn_id = input.turn_id ?? `turn_${process.pid}_${turns}`;
    this.#turnIds.push(turn_id);
    const parsed = agentSchema.parse({ ...(Object.hasOwn(settings, "runner") ? {} : { runner: "command" }), ...settings }) as Exclude<AgentSettings, InboxAgent>;
    const runner = createRunner("atlas", parsed, { ...openParts, home: this.home, graceMs: 10_000, ...this.#parts, ...parts });
    const marks: ProcessMark[] = [];
    const sessions: string[] = [];
    const named = Promise.withResolvers<string>();
    const running = runner.start(
      { turn_id, dispatch_ids: ["dsp_1", "dsp_2"], session_key: "telegram:7", persona: "atlas", profile: "full", agent: "atlas", prompt: "hello", env: { NEXUS_AGENT_ID: "atlas", NEXUS_DISPATCH_ID: "dsp_1" }, ...input },
      {
        onProcess: (mark) => marks.push(mark),
        onAgentSession: (session) => {
          sessions.push(session);
          named.resolve(session);
        },
      },
    );
    return { ended: running.ended, steer: (text) => running.steer(text), interrupt: () => running.interrupt(), marks, sessions, named: named.promise };
  }

  async run(settings: object, input: Partial<TurnInput> = {}): Promise<TurnEnd> {
    return await this.start(settings, input).ended;
  }

  [Symbol.dispose](): void {
    this.#home[Symbol.dispose]();
    expect(bearers(this.#turnIds)).toEqual([]);
  }
}

/** Processes that bear the mark of one of these turns. */
function bearers(turnIds: readonly string[]): string[] {
  const wanted = turnIds.map((id) => `NEXUS_TURN_ID=${id}`);
  return readdirSync("/proc").filter((pid) => Number(pid) > 0 && environmentOf(pid).some((line) => wanted.includes(line)));
}

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
  } catch {
    return [];
  }
}

/** Resolves when a process is gone: a signal takes a moment to be carried out. */
export async function gone(pid: number): Promise<true> {
  while (lives(pid)) await new Promise((resolve) => setImmediate(resolve));
  return true;
}

/** One that nobody has waited for yet does not live. */
export function lives(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
