import type { CallMessage, ReplyMessage } from "./worker-protocol.ts";

/** Calls of one Worker that wait for their answers, and the size of what one may ask, characters of JSON. */
const CALLS = 256;
const ARGS_CHARS = 1_048_576;

/** Kept from before the hook was loaded: what it patches is its own affair. */
const { stringify } = JSON;

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
    if (this.#waiting.size >= CALLS) return Promise.reject(new Error(`CALLS_LIMIT: more than ${CALLS} calls of ctx.llm and ctx.search wait for their answers; await them`));
    const text = stringify(args);
    if (text.length > ARGS_CHARS) return Promise.reject(new Error(`CALL_TOO_LARGE: ctx.${method}() was given ${text.length} characters; the limit is ${ARGS_CHARS}`));
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#post({ t: "call", id, method, args: text });
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
