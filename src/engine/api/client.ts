import { NexusError, isErrorCode } from "../core/errors.ts";
import type { NoticeKind } from "../core/notice.ts";
import type { DryRun } from "../dry-run.ts";
import { EventStreamParser, type ServerSentEvent } from "./event-stream.ts";
import { socketPath } from "./socket-path.ts";
import { daemonViewSchema, DRY_RUN_OVERHEAD_MS, dryRunAnswerSchema, errorAnswerSchema, HEARTBEAT_MS, NOTICE_EVENTS, type DaemonView, type DryRunRequest, type NoticeEvent } from "./wire.ts";

/** So long a daemon that is there takes at most to say so; one that is stopped (SIGSTOP) never does. */
const GREETING_MS = 5_000;
/** On top of the deadline that the daemon keeps itself. */
const SLACK_MS = 5_000;
/** Nobody listens: no socket, one that a killed daemon left, a path that the system cannot name. */
const NOBODY: ReadonlySet<unknown> = new Set(["ENOENT", "ECONNREFUSED", "ENOTSOCK", "ENOTDIR", "ENAMETOOLONG"]);
/** The name is for the header `Host` only. */
const ORIGIN = "http://nexus";

export interface NoticesAsked {
  /** Only what came after that seq. */
  readonly after?: number;
  /** Begins with the newest so many. */
  readonly last?: number;
  readonly kinds?: readonly NoticeKind[];
  readonly signal: AbortSignal;
}

interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  readonly timeoutMs: number;
}

/** A daemon that has answered. From then on its silence is an error: DAEMON_UNREACHABLE. */
export class ApiClient {
  readonly daemon: DaemonView;
  readonly #socket: string;

  private constructor(socket: string, daemon: DaemonView) {
    this.#socket = socket;
    this.daemon = daemon;
  }

  /** The daemon of a home; undefined when none listens there. Throws DAEMON_UNREACHABLE when one is there and says nothing. */
  static async find(home: string, greetingMs = GREETING_MS): Promise<ApiClient | undefined> {
    const socket = socketPath(home);
    try {
      return new ApiClient(socket, daemonViewSchema.parse(await ask(socket, { method: "GET", path: "/v1/daemon", timeoutMs: greetingMs })));
    } catch (error) {
      if (isNobody(error)) return undefined;
      throw asUnreachable(error);
    }
  }

  async dryRun(request: DryRunRequest): Promise<DryRun> {
    const timeoutMs = request.script.metadata.limits.timeout_ms + DRY_RUN_OVERHEAD_MS + SLACK_MS;
    return dryRunAnswerSchema.parse(await this.#ask({ method: "POST", path: "/v1/dry-runs", body: request, timeoutMs }));
  }

  /**
   * What nexus itself does, as it happens. Ends when the daemon stops or the signal aborts; throws DAEMON_UNREACHABLE when
   * the daemon is gone without a word, or silent for longer than two heartbeats. Whoever goes on later asks for what came `after`.
   */
  async *notices({ after, last, kinds, signal }: NoticesAsked): AsyncGenerator<NoticeEvent> {
    const asked = new URLSearchParams({ ...(after === undefined ? {} : { after: String(after) }), ...(last === undefined ? {} : { last: String(last) }), ...(kinds === undefined ? {} : { kind: kinds.join(",") }) });
    try {
      yield* noticeEvents(this.#socket, `/v1/notices?${asked.toString()}`, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw asUnreachable(error);
    }
  }

  async #ask(asked: Asked): Promise<unknown> {
    try {
      return await ask(this.#socket, asked);
    } catch (error) {
      throw asUnreachable(error);
    }
  }
}

async function* noticeEvents(unix: string, path: string, signal: AbortSignal): AsyncGenerator<NoticeEvent> {
  const silence = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const alive = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => silence.abort(new DOMException("it was silent for longer than two heartbeats", "TimeoutError")), 2 * HEARTBEAT_MS);
  };
  alive();
  try {
    const response = await fetch(`${ORIGIN}${path}`, { unix, signal: AbortSignal.any([signal, silence.signal]), timeout: false });
    if (!response.ok) throw errorOf(await response.json(), response.status);
    const parser = new EventStreamParser();
    const body: ReadableStream<Uint8Array> | null = response.body;
    for await (const bytes of body ?? []) {
      for (const one of parser.push(bytes)) {
        const event = one === undefined ? undefined : noticeEvent(one);
        if (event === undefined) continue;
        // While its caller is at work nobody reads, and the daemon's silence is not the daemon's.
        clearTimeout(timer);
        yield event;
        if (event.event === "bye") return;
      }
      alive();
    }
    throw new NexusError("DAEMON_UNREACHABLE", "the daemon ended in the middle of its notices", { hint: "start it again: what comes after the last seq is not lost", next: ["nexus status"] });
  } finally {
    clearTimeout(timer);
  }
}

/** Undefined for one that a newer daemon has and this client does not know. */
function noticeEvent({ event, data }: ServerSentEvent): NoticeEvent | undefined {
  if (!Object.hasOwn(NOTICE_EVENTS, event)) return undefined;
  const name = event as NoticeEvent["event"];
  // The schema of that name says that its data is so.
  return { event: name, data: NOTICE_EVENTS[name].parse(JSON.parse(data)) } as NoticeEvent;
}

/** The answer's JSON; an error of the daemon is thrown as what it is. */
async function ask(unix: string, { method, path, body, timeoutMs }: Asked): Promise<unknown> {
  const response = await fetch(`${ORIGIN}${path}`, {
    unix, method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    signal: AbortSignal.timeout(timeoutMs),
    // The signal alone decides; Bun's own limit is five minutes.
    timeout: false,
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  throw errorOf(answer, response.status);
}

function errorOf(answer: unknown, status: number): NexusError {
  const parsed = errorAnswerSchema.safeParse(answer);
  if (!parsed.success) return new NexusError("DAEMON_UNREACHABLE", `the daemon answered with HTTP status ${status} and no error object`);
  const { code, message, retryable: _, ...details } = parsed.data.error;
  // To whom the daemon says so, it says that it stops; this command was not interrupted.
  if (code === "INTERRUPTED") return new NexusError("DAEMON_UNREACHABLE", `${message}; it did not come to an answer`, { hint: "start it again and try again" });
  if (isErrorCode(code)) return new NexusError(code, message, details);
  return new NexusError("DAEMON_UNREACHABLE", `the daemon answered with an error that this command does not know: ${message} [${code}]`, { hint: "use the same version of nexus for both" });
}

function isNobody(error: unknown): boolean {
  return error instanceof Error && "code" in error && NOBODY.has(error.code);
}

function asUnreachable(error: unknown): NexusError {
  if (error instanceof NexusError) return error;
  const message = error instanceof Error ? (error.name === "TimeoutError" ? "it did not answer in time" : error.message) : String(error);
  return new NexusError("DAEMON_UNREACHABLE", `the daemon ended or cannot be asked: ${message}`, { hint: "nothing was recorded; try again", next: ["nexus status"], cause: error });
}
