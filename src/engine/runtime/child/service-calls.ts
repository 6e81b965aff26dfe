import type { CallMessage, ReplyMessage } from "./worker-protocol.ts";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** `ctx.llm` and `ctx.search` are answered by the daemon: a hook never holds a key or a connection of its own. */
export class ServiceCalls {
  readonly #post: (message: CallMessage) => void;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  constructor(post: (message: CallMessage) => void) {
    this.#post = post;
  }

  call(method: CallMessage["method"], args: readonly unknown[]): Promise<unknown> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ t: "call", id, method, args });
    });
  }

  settle(reply: ReplyMessage): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (waiting === undefined) return;
    if (reply.ok) {
      waiting.resolve(reply.value);
      return;
    }
    const body = typeof reply.value === "object" && reply.value !== null ? reply.value : {};
    const message: unknown = Reflect.get(body, "message");
    const code: unknown = Reflect.get(body, "code");
    const error = new Error(`${String(code)}: ${String(message)}`);
    waiting.reject(Object.assign(error, { code }));
  }
}
