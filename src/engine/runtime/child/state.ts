/** State of one hook version as its Worker holds it: JSON texts by key, 64 KiB together (contract section 3). */
export const STATE_BYTES = 65_536;

export class HookState {
  readonly #values: Map<string, string>;
  #bytes = 0;

  constructor(initial: Readonly<Record<string, unknown>>) {
    this.#values = new Map();
    for (const [key, value] of Object.entries(initial)) this.#put(key, JSON.stringify(value));
  }

  get(key: string): string | undefined {
    return this.#values.get(key);
  }

  keys(): Iterable<string> {
    return this.#values.keys();
  }

  get bytes(): number {
    return this.#bytes;
  }

  commit(writes: ReadonlyMap<string, string | undefined>): void {
    for (const [key, text] of writes) this.#put(key, text);
  }

  #put(key: string, text: string | undefined): void {
    const old = this.#values.get(key);
    if (old !== undefined) this.#bytes -= key.length + old.length;
    if (text === undefined) {
      this.#values.delete(key);
    } else {
      this.#values.set(key, text);
      this.#bytes += key.length + text.length;
    }
  }
}

/** `ctx.state` of one invocation: reads through to the version's state, keeps its writes apart until it succeeded. */
export class StateView {
  readonly #base: HookState;
  readonly #writes = new Map<string, string | undefined>();

  constructor(base: HookState) {
    this.#base = base;
  }

  readonly get = (key: string): unknown => {
    const text = this.#text(key);
    return text === undefined ? undefined : (JSON.parse(text) as unknown);
  };

  readonly set = (key: string, value: unknown): void => {
    if (typeof key !== "string" || key === "") throw new TypeError("ctx.state.set(key, value): key must be a non-empty string");
    const text: string | undefined = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`ctx.state.set("${key}", value): value is not JSON`);
    const total = this.#size() - this.#sizeOf(key) + key.length + text.length;
    if (total > STATE_BYTES) {
      const error = new Error(`STATE_TOO_LARGE: ctx.state would have ${total} bytes with "${key}"; the limit is ${STATE_BYTES}`);
      throw Object.assign(error, { code: "STATE_TOO_LARGE" });
    }
    this.#writes.set(key, text);
  };

  readonly delete = (key: string): boolean => {
    const existed = this.#text(key) !== undefined;
    this.#writes.set(key, undefined);
    return existed;
  };

  readonly all = (): Record<string, unknown> => {
    const keys = new Set([...this.#base.keys(), ...this.#writes.keys()]);
    const entries = [...keys].map((key): [string, unknown] => [key, this.get(key)]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };

  get isWritten(): boolean {
    return this.#writes.size > 0;
  }

  /** Makes the writes part of the version's state and returns them for the wire; nothing when there are none. */
  commit(): string | undefined {
    if (this.#writes.size === 0) return undefined;
    this.#base.commit(this.#writes);
    const entries = [...this.#writes].map(([key, text]) => (text === undefined ? `[${JSON.stringify(key)}]` : `[${JSON.stringify(key)},${text}]`));
    return `[${entries.join(",")}]`;
  }

  #text(key: string): string | undefined {
    return this.#writes.has(key) ? this.#writes.get(key) : this.#base.get(key);
  }

  #sizeOf(key: string): number {
    const text = this.#text(key);
    return text === undefined ? 0 : key.length + text.length;
  }

  #size(): number {
    let size = this.#base.bytes;
    for (const [key, text] of this.#writes) {
      const old = this.#base.get(key);
      size += (text === undefined ? 0 : key.length + text.length) - (old === undefined ? 0 : key.length + old.length);
    }
    return size;
  }
}
