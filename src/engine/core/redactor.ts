/** A value that must not be written in clear, and what it is called (the variable's or the file's name, never the value). */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** Shorter values are no secrets: to blank every "1" would make rows unreadable and tell which value it was. */
export const SHORTEST_SECRET = 8;
/** So many secrets, and no more, are looked for: the newest of an environment that has thousands is no use to anyone. */
export const MOST_SECRETS = 500;
/** A core of base64 shorter than this is found in innocent text. */
const SHORTEST_CORE = 10;

/** Bits of the filter below, a power of two: with hundreds of needles one text in fifty is looked at for nothing. */
const FILTER_BITS = 1 << 21;

/**
 * Finds registered secrets in text by their value, plain or encoded (base64 and base64url at any alignment, URL, JSON
 * escapes, hex), and puts `[redacted:NAME]` in their place.
 *
 * Nearly every text has none. Whether one could begin somewhere is asked of a table of the needles' first four
 * characters, in one pass; only then is each needle searched for (measured with 20 secrets, which are 260 needles: two
 * lines of 200 characters take 49 microseconds without the table).
 */
export class Redactor {
  readonly #needles: readonly (readonly [needle: string, name: string])[];
  readonly #beginnings: Uint32Array;

  constructor(secrets: readonly Secret[]) {
    const needles = new Map<string, string>();
    for (const { name, value } of secrets.slice(0, MOST_SECRETS)) {
      if (value.length < SHORTEST_SECRET) continue;
      for (const form of formsOf(value)) if (!needles.has(form)) needles.set(form, name);
    }
    // Longest first: a secret that is part of another must not break it up before it is found.
    this.#needles = [...needles].sort(([a], [b]) => b.length - a.length);
    this.#beginnings = new Uint32Array(this.#needles.length === 0 ? 0 : FILTER_BITS / 32);
    for (const [needle] of this.#needles) {
      const bit = beginning(needle.charCodeAt(0), needle.charCodeAt(1), needle.charCodeAt(2), needle.charCodeAt(3));
      this.#beginnings[bit >>> 5]! |= 1 << (bit & 31);
    }
  }

  get isEmpty(): boolean {
    return this.#needles.length === 0;
  }

  text(text: string): string {
    if (!this.#mayHave(text)) return text;
    let clean = text;
    for (const [needle, name] of this.#needles) if (clean.includes(needle)) clean = clean.replaceAll(needle, `[redacted:${name}]`);
    return clean;
  }

  /** JSON data, keys included; the same object when there is nothing to hide. */
  value<T>(value: T): T {
    return this.#needles.length === 0 ? value : (this.#deep(value) as T);
  }

  #mayHave(text: string): boolean {
    if (this.#needles.length === 0 || text.length < SHORTEST_SECRET) return false;
    let [a, b, c] = [text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2)];
    for (let at = 3; at < text.length; at += 1) {
      const d = text.charCodeAt(at);
      const bit = beginning(a, b, c, d);
      if (((this.#beginnings[bit >>> 5]! >>> (bit & 31)) & 1) === 1) return true;
      a = b;
      b = c;
      c = d;
    }
    return false;
  }

  #deep(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#deep(item));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [this.text(key), this.#deep(inner)]));
  }
}

function beginning(a: number, b: number, c: number, d: number): number {
  const mixed = Math.imul(a | (b << 8) | (c << 16) | (d << 24), 0x9e37_79b1) ^ (b >>> 8) ^ d;
  return (mixed >>> 11) & (FILTER_BITS - 1);
}

export const NO_SECRETS = new Redactor([]);

/** Words at the end of a variable's name that mean its value is secret: `GITHUB_TOKEN`, `OPENAI_API_KEY`, `PGPASSWORD`. */
const SECRET_NAME = /(KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|PRIVATE|COOKIE|DSN|WEBHOOK_URL|DATABASE_URL|CONNECTION_STRING)S?(_\d+|_BASE64|_JSON|_PEM)?$/i;

/** Variables of an environment whose names look secret, or are listed. */
export function secretsInEnvironment(env: Readonly<Record<string, string | undefined>>, listed: readonly string[] = []): Secret[] {
  return Object.entries(env).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return listed.includes(name) || SECRET_NAME.test(name) ? linesOf(name, value) : [];
  });
}

/** A secret as it stands, and of one with several lines (a PEM file) each line: output is often one line of it. */
export function linesOf(name: string, content: string): Secret[] {
  const value = content.trim();
  const lines = value.split(/\r?\n/).map((line) => line.trim());
  if (lines.length === 1) return [{ name, value }];
  return [{ name, value }, ...lines.filter((line) => line.length >= 16 && !line.startsWith("-----")).map((line) => ({ name, value: line }))];
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const url = encodeURIComponent(value);
  return [
    value,
    json,
    // A JSON text inside a JSON text, as when a hook logs a request's body.
    JSON.stringify(json).slice(1, -1),
    url,
    url.replaceAll(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
    url.replaceAll("%20", "+"),
    bytes.toString("hex"),
    bytes.toString("hex").toUpperCase(),
    ...base64Forms(bytes),
    // What `btoa` makes: a byte for each character.
    ...(/[^\u0000-\u007f]/.test(value) ? base64Forms(Buffer.from(value, "latin1")) : []),
  ];
}

/** In base64 a text looks one of three ways, by how many bytes precede it. Only what no neighbour influences is kept. */
function base64Forms(bytes: Buffer): string[] {
  const whole = bytes.toString("base64");
  const cores = [0, 1, 2].flatMap((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64").replace(/=+$/, "");
    const from = Math.ceil((before * 8) / 6);
    const until = Math.floor(((before + bytes.length) * 8) / 6);
    const core = text.slice(from, until);
    return core.length < SHORTEST_CORE ? [] : [core];
  });
  return [whole, ...cores].flatMap((text) => [text, text.replaceAll("+", "-").replaceAll("/", "_")]);
}
