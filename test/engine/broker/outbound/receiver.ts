/** What a loopback server does with what it is sent. */
export type Behaviour = "accept" | "refuse" | "limit" | "hang" | "garbage" | "flood" | "unreachable";

export interface Received {
  readonly path: string;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

/** A server on loopback that keeps what it was sent. Gone at the end of the `using` block. */
export class Receiver {
  readonly received: Received[] = [];
  readonly #server: Bun.Server<undefined>;
  readonly #arrived = Promise.withResolvers<void>();

  constructor(answer: (received: Received, count: number) => Response | undefined) {
    this.#server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: async (request) => {
        const [path, headers, text] = [new URL(request.url).pathname, new Headers(request.headers), await request.text()];
        const received = { path, headers, text, json: JSON.parse(text) as Record<string, unknown> };
        this.received.push(received);
        this.#arrived.resolve();
        // Undefined: it never answers.
        return answer(received, this.received.length) ?? (await new Promise<Response>(() => undefined));
      },
    });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  /** When the first request is there, whole. */
  get arrived(): Promise<void> {
    return this.#arrived.promise;
  }

  get last(): Received {
    const last = this.received.at(-1);
    if (last === undefined) throw new Error("nothing was received");
    return last;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

/** What no service answers: other than its own form, or without an end. */
export function strange(behaviour: "garbage" | "flood"): Response {
  if (behaviour === "garbage") return new Response("<html>Sign in to the network</html>", { headers: { "content-type": "text/html" } });
  const chunk = new Uint8Array(65_536).fill(32);
  return new Response(new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(chunk) }));
}

/** An address at which nothing listens. */
export async function deadUrl(): Promise<string> {
  await using receiver = new Receiver(() => undefined);
  return receiver.url;
}
