import { expect } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createOutbound } from "../../../../src/engine/broker/outbound/create-outbound.ts";
import { outboundSchema } from "../../../../src/engine/core/outbound-settings.ts";
import type { Outbound } from "../../../../src/engine/broker/outbound/outbound.ts";
import { tempHome } from "../../../helpers/temp-home.ts";
import type { Scene, Subject } from "./conformance.ts";
import { deadUrl, Receiver, type Behaviour, type Received } from "./receiver.ts";
import { discord, slack, telegram, webhook } from "./services.ts";

export interface OutboundOptions {
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly now?: () => number;
}

/** The adapter `[outbound.test]` with settings as config.toml has them. */
export function outboundOf(settings: Readonly<Record<string, unknown>>, { home = "/nonexistent", env = {}, now }: OutboundOptions = {}): Outbound {
  return createOutbound("test", outboundSchema.parse(settings), { home, env: { PATH: process.env["PATH"] ?? "", ...env }, ...(now === undefined ? {} : { now }) });
}

const UNREACHABLE = { sent: false, code: "OUTBOUND_UNREACHABLE", retryable: true } as const;
const REFUSED = { sent: false, code: "OUTBOUND_REFUSED", retryable: false } as const;
const MISCONFIGURED = { sent: false, code: "OUTBOUND_MISCONFIGURED", retryable: false } as const;
const TIMEOUT = { sent: false, code: "OUTBOUND_TIMEOUT", retryable: true } as const;
const LIMITED = { sent: false, code: "OUTBOUND_RATE_LIMITED", retryable: true } as const;

const SERVICES = { slack, discord, telegram, webhook };
type ServiceName = keyof typeof SERVICES;

/** For each service its settings beside the address, and where a request has its text. */
const WIRE: Readonly<Record<ServiceName, { readonly settings: (url: string) => Record<string, unknown>; readonly text: (received: Received) => unknown }>> = {
  slack: { settings: (api) => ({ api, token: { env: "TOKEN" }, target: "C0123456789" }), text: ({ json }) => String(json["text"]).replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&") },
  discord: { settings: (api) => ({ api, token: { env: "TOKEN" }, target: "1100000000000000001" }), text: ({ json }) => json["content"] },
  telegram: { settings: (api) => ({ api, token: { env: "TOKEN" }, target: "-1001234567890" }), text: ({ json }) => json["text"] },
  webhook: { settings: (url) => ({ url, secret: { env: "TOKEN" } }), text: ({ json }) => json["text"] },
};

function service(name: ServiceName, expected: Subject["expected"]): Subject {
  const { settings, text } = WIRE[name];
  return {
    name,
    expected,
    open: async (behaviour, { timeoutMs, secret = "12345:abcdefghijklmnop" }): Promise<Scene> => {
      const receiver = new Receiver((received) => SERVICES[name](behaviour, received, secret));
      const url = behaviour === "unreachable" ? await deadUrl() : receiver.url;
      return {
        outbound: outboundOf({ type: name, ...settings(url), allow_private: true, timeout_ms: Math.max(100, timeoutMs) }, { env: { TOKEN: secret } }),
        arrived: receiver.arrived,
        texts: () => Promise.resolve(receiver.received.map((received) => String(text(received)))),
        ended: () => Promise.resolve(),
        [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
      };
    },
  };
}

const SCRIPTS: Readonly<Record<Behaviour, string>> = {
  accept: 'cat >> "$OUT"; echo receipt-1; echo more',
  refuse: 'cat > "$OUT"; echo "unknown: $CHANNEL_TOKEN" >&2; exit 1',
  limit: 'cat > "$OUT"; exit 75',
  hang: 'cat > "$OUT"; sleep 1000 & echo $! > "$OUT.child"; echo $$ > "$OUT.pipe"; wait',
  garbage: `cat > "$OUT"; printf '\\377\\376\\000\\033[31mred\\n'`,
  flood: 'cat > "$OUT"; head -c 3000000 /dev/zero | tr "\\0" x; head -c 3000000 /dev/zero | tr "\\0" y >&2',
  unreachable: "",
};

const command: Subject = {
  name: "command",
  expected: {
    accept: { sent: true, receipt: "receipt-1" },
    refuse: { ...REFUSED, message: expect.stringContaining("exit code 1: unknown: [redacted:") as string },
    limit: UNREACHABLE,
    hang: TIMEOUT,
    // No control character stays, and no more of a flood than a receipt may have.
    garbage: { sent: true, receipt: "\uFFFD\uFFFD [31mred" },
    flood: { sent: true, receipt: "x".repeat(512) },
    unreachable: MISCONFIGURED,
  },
  open: async (behaviour, { timeoutMs, secret = "a secret of the settings" }): Promise<Scene> => {
    const home = tempHome();
    const out = join(home.path, "out");
    await Bun.spawn(["mkfifo", `${out}.pipe`]).exited;
    // Ends when the program writes into the pipe: then it runs and has its message.
    const reader = behaviour === "hang" ? Bun.spawn(["cat", `${out}.pipe`], { stdout: "ignore" }) : undefined;
    const argv = behaviour === "unreachable" ? [join(home.path, "no-such-program")] : ["sh", "-c", SCRIPTS[behaviour]];
    return {
      outbound: outboundOf({ type: "command", command: argv, env: { OUT: out, CHANNEL_TOKEN: secret }, timeout_ms: Math.max(100, timeoutMs) }, { home: home.path }),
      arrived: reader?.exited ?? Promise.resolve(),
      texts: async () => (existsSync(out) ? (await Bun.file(out).text()).trim().split("\n").map((line) => (JSON.parse(line) as { text: string }).text) : []),
      ended: async () => {
        if (existsSync(`${out}.child`)) await untilGone(Number(readFileSync(`${out}.child`, "utf8")));
      },
      [Symbol.asyncDispose]: async () => {
        reader?.kill();
        await reader?.exited;
        home[Symbol.dispose]();
      },
    };
  },
};

/** Killed processes are gone when their parent or init has taken note, which no signal tells of. */
export async function untilGone(pid: number): Promise<void> {
  for (;;) {
    const state = existsSync(`/proc/${pid}/stat`) ? readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.[0] : undefined;
    if (state === undefined || state === "Z") return;
    await Bun.sleep(1);
  }
}

const file: Subject = {
  name: "file",
  expected: { accept: { sent: true }, refuse: MISCONFIGURED, unreachable: MISCONFIGURED },
  open: (behaviour, { timeoutMs }): Promise<Scene> => {
    const home = tempHome();
    const path = behaviour === "refuse" ? "../outside.ndjson" : behaviour === "unreachable" ? "a-file/answers.ndjson" : "answers/all.ndjson";
    writeFileSync(join(home.path, "a-file"), "");
    const real = join(home.path, path);
    return Promise.resolve({
      outbound: outboundOf({ type: "file", path, timeout_ms: Math.max(100, timeoutMs) }, { home: home.path }),
      arrived: Promise.resolve(),
      texts: async () => (existsSync(real) ? (await Bun.file(real).text()).trim().split("\n").map((line) => (JSON.parse(line) as { text: string }).text) : []),
      ended: () => Promise.resolve(),
      [Symbol.asyncDispose]: () => Promise.resolve(home[Symbol.dispose]()),
    });
  },
};

const STRANGE = { garbage: UNREACHABLE, flood: UNREACHABLE, unreachable: UNREACHABLE, hang: TIMEOUT, refuse: REFUSED };

export const SUBJECTS: readonly Subject[] = [
  command,
  file,
  // The status decides, whatever the body is.
  service("webhook", { ...STRANGE, accept: { sent: true }, garbage: { sent: true }, flood: { sent: true }, limit: { ...LIMITED, retry_after_ms: 120_000 } }),
  service("slack", { ...STRANGE, accept: { sent: true, receipt: "1767225600.000100" }, limit: { ...LIMITED, retry_after_ms: 30_000 } }),
  service("discord", { ...STRANGE, accept: { sent: true, receipt: "1200000000000000001" }, limit: { ...LIMITED, retry_after_ms: 2_000, message: expect.stringContaining("abcd1234") as string } }),
  service("telegram", { ...STRANGE, accept: { sent: true, receipt: "42" }, limit: { ...LIMITED, retry_after_ms: 14_000 } }),
];
