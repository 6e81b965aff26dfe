import type { FailureCode, Runner, TurnEnd, TurnInput } from "../../src/engine/broker/runners/runner.ts";

/** A turn that a test holds in its hands. */
export class ScriptedTurn {
  readonly input: TurnInput;
  readonly steered: string[] = [];
  takesSteering = true;
  interrupted = false;
  /** It answers although it was told to end. */
  stubborn = false;
  readonly #end: (end: TurnEnd) => void;

  constructor(input: TurnInput, end: (end: TurnEnd) => void) {
    this.input = input;
    this.#end = end;
  }

  answer(text: string, parts: { agent_session?: string } = {}): void {
    this.#end({ status: "done", text, ...parts });
  }

  fail(code: FailureCode, retryable: boolean): void {
    this.#end({ status: code === "AGENT_TIMEOUT" ? "timeout" : "failed", code, message: "as the test wants", retryable });
  }

  interrupt(): void {
    this.interrupted = true;
    if (this.stubborn) return;
    this.#end({ status: "interrupted", code: "AGENT_INTERRUPTED", message: "interrupted", retryable: false });
  }
}

/** A runner whose turns end when the test says so. */
export class ScriptedAgent {
  readonly turns: ScriptedTurn[] = [];
  #waiting: ((turn: ScriptedTurn) => void)[] = [];
  #untaken: ScriptedTurn[] = [];

  readonly runner = (): Runner => ({
    start: (input) => {
      const ended = Promise.withResolvers<TurnEnd>();
      const turn = new ScriptedTurn(input, ended.resolve);
      this.turns.push(turn);
      const taker = this.#waiting.shift();
      if (taker === undefined) this.#untaken.push(turn);
      else taker(turn);
      return {
        ended: ended.promise,
        steer: (text) => {
          if (turn.takesSteering) turn.steered.push(text);
          return Promise.resolve(turn.takesSteering);
        },
        interrupt: () => turn.interrupt(),
      };
    },
  });

  /** The next turn that begins, or has begun and was not asked for. */
  next(): Promise<ScriptedTurn> {
    const turn = this.#untaken.shift();
    return turn === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(turn);
  }
}
