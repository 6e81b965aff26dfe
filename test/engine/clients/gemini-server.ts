/** A reply of the fake: its status, its JSON. */
export interface GeminiReply {
  readonly status?: number;
  readonly body: unknown;
}

export interface GeminiRequest {
  readonly path: string;
  readonly key: string | null;
  readonly body: {
    readonly systemInstruction?: { readonly parts: readonly { readonly text: string }[] };
    readonly contents: readonly { readonly role: string; readonly parts: readonly { readonly text: string }[] }[];
    readonly generationConfig: { readonly maxOutputTokens?: number; readonly responseMimeType?: string };
  };
}

/** What the API answers where all is well: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
export function spoken(text: string, finishReason = "STOP"): GeminiReply {
  return { body: { candidates: [{ content: { parts: [{ text: "hm", thought: true }, { text }], role: "model" }, finishReason, index: 0 }], usageMetadata: { promptTokenCount: 11, candidatesTokenCount: 5, thoughtsTokenCount: 2, totalTokenCount: 18 }, modelVersion: "gemini-3-flash-preview" } };
}

/** An error as the API words it, with its details. */
export function refused(status: number, name: string, message: string, ...details: object[]): GeminiReply {
  return { status, body: { error: { code: status, message, status: name, details } } };
}

/** A loopback server that speaks `generateContent`. `answer` undefined: none comes, until the request is given up. */
export class GeminiServer {
  readonly requests: GeminiRequest[] = [];
  readonly #server: Bun.Server<undefined>;

  constructor(answer: (request: GeminiRequest) => GeminiReply | undefined) {
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      idleTimeout: 0,
      fetch: async (request) => {
        const asked: GeminiRequest = { path: new URL(request.url).pathname, key: request.headers.get("x-goog-api-key"), body: (await request.json()) as GeminiRequest["body"] };
        this.requests.push(asked);
        const reply = answer(asked);
        if (reply !== undefined) return Response.json(reply.body, { status: reply.status ?? 200 });
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        return new Response();
      },
    });
  }

  get api(): string {
    return `http://127.0.0.1:${this.#server.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}
