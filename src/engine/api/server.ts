import { lstatSync, unlinkSync } from "node:fs";
import { asNexusError, NexusError } from "../core/errors.ts";
import { errorAnswer } from "./answers.ts";
import { OpenRequest } from "./open-request.ts";
import type { Route } from "./route.ts";

/** Reading a request and answering it, where its route says nothing else. */
const DEADLINE_MS = 30_000;
/** Requests under way at once, probes aside: the rest is told to try again. */
const MOST_REQUESTS = 64;
/** Streams at once: dashboards, and who follows the notices. */
const MOST_STREAMS = 32;
/** Of the time for a stop this much is kept for telling those who are not answered in time. */
const FAREWELL_MS = 500;

export interface ApiServerOptions {
  readonly path: string;
  readonly routes: readonly Route[];
  /** Why the daemon does nothing at the moment: said instead of an error that comes of it. */
  readonly trouble: () => NexusError | undefined;
  readonly deadlineMs?: number;
  readonly mostRequests?: number;
}

/**
 * The daemon's HTTP on its socket. Only the holder of the daemon's lock opens it: a socket that is there already was
 * left by a killed daemon.
 *
 *   open ── stop ──▶ no new connections; what is under way is answered ── time is up ──▶ INTERRUPTED ──▶ closed
 */
export class ApiServer {
  readonly path: string;
  readonly #options: ApiServerOptions;
  readonly #server: Bun.Server<undefined>;
  /** With what becomes of their work, however early they were answered. */
  readonly #open = new Map<OpenRequest, Promise<unknown>>();
  readonly #streams = new Set<OpenRequest>();
  #stopping = false;

  /** Throws when the socket cannot be there. */
  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.path = options.path;
    removeStale(options.path);
    this.#server = listening(() =>
      Bun.serve({
        unix: options.path,
        development: false,
        // Each route has a limit of its own, and says so as JSON.
        maxRequestBodySize: Number.MAX_SAFE_INTEGER,
        // Else Bun ends what was silent for 10 s: a stream on which nothing happens, a dry run that takes its time. For a single
        // request, `server.timeout(request, 0)` does not keep it from that (Bun 1.4.5, measured). Its types have this for ports only.
        ...({ idleTimeout: 0 } as object),
        routes: this.#table(),
        fetch: (request) => errorAnswer(new NexusError("ROUTE_UNKNOWN", `there is no ${new URL(request.url).pathname}`, { hint: "docs/api.md has all paths" })),
      }),
    );
  }

  /** Refuses what is new, waits for what is under way, for so long at most, and takes the socket away. */
  async stop(withinMs: number): Promise<void> {
    this.#stopping = true;
    // Takes the socket's file away at once: from here on nobody finds it.
    const closed = this.#server.stop();
    // They have no end of their own: they are told now, so that nobody waits for them.
    const streams = [...this.#streams];
    for (const stream of streams) stream.end(stopping());
    await within(FAREWELL_MS, Promise.all(streams.map((stream) => stream.closed)));
    await within(Math.max(0, withinMs - FAREWELL_MS), Promise.allSettled(this.#open.values()));
    for (const request of this.#open.keys()) request.end(stopping());
    await within(FAREWELL_MS, Promise.all([closed, Promise.allSettled(this.#open.values())]));
    await this.#server.stop(true);
  }

  #table(): Record<string, (request: Request) => Promise<Response>> {
    const paths = Map.groupBy(this.#options.routes, ({ path }) => path);
    return Object.fromEntries([...paths].map(([path, routes]) => [path, (request) => this.#answerFor(routes, request)]));
  }

  async #answerFor(routes: readonly Route[], request: Request): Promise<Response> {
    const method = request.method === "HEAD" ? "GET" : request.method;
    const route = routes.find((one) => one.method === method);
    if (route === undefined) {
      const allow = routes.map((one) => one.method).join(", ");
      return errorAnswer(new NexusError("METHOD_NOT_ALLOWED", `${new URL(request.url).pathname} takes ${allow}, not ${request.method}`), { allow });
    }
    const refused = route.probe === true ? undefined : route.stream === true ? this.#refusedStream() : this.#refused();
    if (refused !== undefined) return errorAnswer(refused);
    return route.stream === true ? await this.#stream(route, request) : await this.#answer(route, request);
  }

  #refusedStream(): NexusError | undefined {
    if (this.#stopping) return stopping();
    return this.#streams.size < MOST_STREAMS ? undefined : new NexusError("QUEUE_FULL", `the daemon has ${MOST_STREAMS} streams open, as many as it takes at once`, { hint: "close one and try again" });
  }

  async #stream(route: Route, request: Request): Promise<Response> {
    const open = new OpenRequest(request);
    this.#streams.add(open);
    void open.closed.then(() => this.#streams.delete(open));
    try {
      return await route.answer(open);
    } catch (error) {
      open.close();
      return this.#errorAnswer(error);
    }
  }

  #refused(): NexusError | undefined {
    // On a connection that was there before.
    if (this.#stopping) return stopping();
    const { mostRequests = MOST_REQUESTS } = this.#options;
    return this.#open.size < mostRequests ? undefined : new NexusError("QUEUE_FULL", `the daemon answers ${mostRequests} requests, as many as it takes at once`, { hint: "try again" });
  }

  async #answer(route: Route, request: Request): Promise<Response> {
    using open = new OpenRequest(request, this.#options.deadlineMs ?? DEADLINE_MS);
    const work = Promise.try(() => route.answer(open));
    this.#open.set(open, work);
    work.catch(() => undefined).finally(() => this.#open.delete(open));
    try {
      return await open.settled(work);
    } catch (error) {
      return this.#errorAnswer(error);
    }
  }

  #errorAnswer(error: unknown): Response {
    return errorAnswer(error instanceof NexusError ? error : (this.#options.trouble() ?? asNexusError(error, "the request failed")));
  }
}

function stopping(): NexusError {
  return new NexusError("INTERRUPTED", "the daemon is stopping");
}

/** With the mode that it is to have from its first moment on: between its making and a change of it others could connect. */
function listening<T>(listen: () => T): T {
  const mask = process.umask(0o177);
  try {
    return listen();
  } finally {
    process.umask(mask);
  }
}

function removeStale(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) throw new NexusError("HOME_NOT_WRITABLE", `${path} is in the way, and no socket`, { hint: "move it away and start the daemon again" });
  unlinkSync(path);
}

async function within(ms: number, done: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([done, new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
