/** One request while it is being answered. */
export interface Ask {
  readonly request: Request;
  /** Aborts when the client goes away, at the deadline, and when the daemon ends. Its reason is a NexusError. */
  readonly signal: AbortSignal;
  /** The body as JSON, of at most so many bytes. Throws REQUEST_TOO_LARGE or REQUEST_INVALID. */
  json(maxBytes: number): Promise<unknown>;
  /** Moves the deadline to so far from now. */
  within(ms: number): void;
  /** Of a route that streams: its answer is over. */
  close(): void;
}

/** One path of the API, as data: the server knows of none by name. */
export interface Route {
  readonly method: "GET" | "POST";
  /** As Bun.serve takes it: `/v1/hooks/:hook` names a part. */
  readonly path: string;
  /** It is answered however many requests are under way, and while the daemon ends. */
  readonly probe?: true;
  /** Its answer goes on after its Response, until it says `close`: it has no deadline, and takes none of the places of others. */
  readonly stream?: true;
  readonly answer: (ask: Ask) => Response | Promise<Response>;
}
