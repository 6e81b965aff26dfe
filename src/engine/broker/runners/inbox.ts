import type { InboxAgent } from "../../core/agent-settings.ts";
import { addToInboxItem, closeInboxItem, inboxItem, putInInbox } from "../../store/inbox.ts";
import type { Store } from "../../store/open.ts";
import type { Runner, RunningTurn, TurnEnd, TurnInput } from "./runner.ts";

export interface InboxParts {
  readonly store: Store;
  readonly now: () => number;
  readonly commit: (work: () => void, committed?: () => void) => void;
}

interface OpenTurn {
  readonly agent: InboxAgent;
  readonly end: (end: TurnEnd) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/**
 * Turns of agents that fetch their work themselves (`nexus inbox next`). The row is the turn: agent and daemon may come
 * and go, and it goes on.
 */
export class InboxDesk {
  readonly #parts: InboxParts;
  readonly #open = new Map<string, OpenTurn>();

  constructor(parts: InboxParts) {
    this.#parts = parts;
  }

  runner(agent: InboxAgent): Runner {
    return { start: (input) => this.#start(agent, input) };
  }

  /** Another process has written: answers may be there. */
  look(): void {
    for (const [turnId, { end }] of this.#open) {
      const item = inboxItem(this.#parts.store, turnId);
      if (item?.status !== "answered" || item.answer_json === null) continue;
      // Written by answerInboxItem.
      const answer = JSON.parse(item.answer_json) as { readonly text?: string; readonly failed?: string };
      if (answer.text !== undefined) end({ status: "done", text: answer.text });
      else end({ status: "failed", code: "AGENT_REFUSED", message: answer.failed ?? "the agent gave no reason", retryable: false });
    }
  }

  #start(agent: InboxAgent, input: TurnInput): RunningTurn {
    const { store, now, commit } = this.#parts;
    const ended = Promise.withResolvers<TurnEnd>();
    const end = (how: TurnEnd): void => {
      clearTimeout(this.#open.get(input.turn_id)?.timer);
      this.#open.delete(input.turn_id);
      ended.resolve(how);
    };
    /** An answer that came first counts. */
    const close = (how: TurnEnd): void => {
      let closed = false;
      commit(
        () => {
          closed = closeInboxItem(store, input.turn_id);
        },
        () => (closed ? end(how) : this.look()),
      );
    };
    const age = now() - (inboxItem(store, input.turn_id)?.created_at ?? now());
    const timer = setTimeout(() => close({ status: "timeout", code: "AGENT_TIMEOUT", message: `no answer in ${agent.timeout_ms} ms`, retryable: false }), Math.max(0, agent.timeout_ms - age));
    timer.unref();
    this.#open.set(input.turn_id, { agent, end, timer });
    commit(() => putInInbox(store, { turn_id: input.turn_id, agent: input.agent, input_json: JSON.stringify(input), created_at: now() }), () => this.look());
    return {
      ended: ended.promise,
      steer: (text) => this.#steer(input.turn_id, text),
      interrupt: () => close({ status: "interrupted", code: "AGENT_INTERRUPTED", message: "the turn was interrupted", retryable: false }),
    };
  }

  /** Only what nobody has taken yet can be added to. */
  #steer(turnId: string, text: string): Promise<boolean> {
    const { store, commit } = this.#parts;
    return new Promise((resolve) => {
      let taken = false;
      commit(
        () => {
          taken = addToInboxItem(store, turnId, (before) => {
            // Written by putInInbox.
            const input = JSON.parse(before) as TurnInput;
            return JSON.stringify({ ...input, prompt: `${input.prompt}\n\n${text}` });
          });
        },
        () => resolve(taken),
      );
    });
  }
}
