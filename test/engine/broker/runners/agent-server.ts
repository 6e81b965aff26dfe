/** An agent behind HTTP on loopback. What it does is told by the path that is asked for. */
export class AgentServer {
  /** As they came: headers and body. */
  readonly requests: { readonly headers: Headers; readonly body: string }[] = [];
  readonly #server: Bun.Server<undefined>;
  readonly #routes: Readonly<Record<string, (body: string) => Response>>;

  constructor(routes: Readonly<Record<string, (body: string) => Response>> = {}) {
    this.#routes = routes;
    this.#server = Bun.serve({ port: 0, hostname: "127.0.0.1", idleTimeout: 0, fetch: (request) => this.#answer(request) });
  }

  /** Requests that are under way. */
  get pending(): number {
    return this.#server.pendingRequests;
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.#server.port}/${path}`;
  }

  async #answer(request: Request): Promise<Response> {
    const body = await request.text();
    this.requests.push({ headers: request.headers, body });
    const path = new URL(request.url).pathname.slice(1);
    const route = this.#routes[path];
    if (route !== undefined) return route(body);
    switch (path) {
      case "echo":
        return new Response((JSON.parse(body) as { prompt: string }).prompt);
      case "fails":
        return new Response("the reason", { status: 500 });
      case "silent":
        return stream((controller) => controller.enqueue("up"));
      case "talks":
        return talking(request.signal);
      case "floods":
        return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(120)) }), { headers: { "content-type": "text/plain" } });
      default:
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return new Response();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

/** A text that begins so and never ends. */
function stream(start: (controller: ReadableStreamDefaultController<string>) => void): Response {
  return new Response(new ReadableStream<string>({ start }).pipeThrough(new TextEncoderStream()), { headers: { "content-type": "text/plain" } });
}

function talking(signal: AbortSignal): Response {
  return stream((controller) => {
    const timer = setInterval(() => controller.enqueue("."), 20);
    signal.addEventListener("abort", () => clearInterval(timer));
  });
}
