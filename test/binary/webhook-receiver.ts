/** What a webhook on a ref says of its update, as far as a test looks. */
interface WebhookBody {
  readonly ref_name: string;
  readonly update_id: string;
  readonly hook_id: string;
  readonly passage_id: string;
  readonly passage: { readonly content: string };
}

export interface Delivery {
  /** Its webhook-id. */
  readonly id: string;
  readonly body: WebhookBody;
  /** It was answered with 200, whether or not the sender lived to read that. */
  accepted: boolean;
}

interface Manners {
  readonly status: number;
  readonly delayMs: number;
}

/** A real server on loopback that notes what it hears, and answers as its manners are: by the delivery, and how often it came before. */
export class WebhookReceiver implements Disposable {
  readonly heard: Delivery[] = [];
  /** Ids that were not answered with 200; whoever follows them up takes them out. */
  readonly refused = new Set<string>();
  readonly #waiting = new Set<{ left: number; readonly ref: string | undefined; readonly resolve: () => void }>();
  readonly #server: Bun.Server<undefined>;

  constructor(manners: (body: WebhookBody, before: number) => Manners) {
    this.#server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: (request) => this.#hear(request, manners) });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.port}/`;
  }

  /** Resolves when so many more were heard, of that ref or of any. */
  more(count: number, ref?: string): Promise<void> {
    return new Promise((resolve) => void this.#waiting.add({ left: count, ref, resolve }));
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }

  async #hear(request: Request, manners: (body: WebhookBody, before: number) => Manners): Promise<Response> {
    const body = (await request.json()) as WebhookBody;
    const id = request.headers.get("webhook-id") ?? "";
    const { status, delayMs } = manners(body, this.heard.filter((one) => one.id === id).length);
    const delivery: Delivery = { id, body, accepted: false };
    this.heard.push(delivery);
    for (const one of this.#waiting) {
      if (one.ref !== undefined && one.ref !== body.ref_name) continue;
      one.left -= 1;
      if (one.left > 0) continue;
      this.#waiting.delete(one);
      one.resolve();
    }
    if (delayMs > 0) await Bun.sleep(delayMs);
    // A sender that was killed meanwhile has no answer.
    if (request.signal.aborted) return new Response(null, { status: 499 });
    delivery.accepted = status === 200;
    if (!delivery.accepted) this.refused.add(id);
    return new Response("", { status });
  }
}
