import { constants } from "node:os";
import type { OutboundOf } from "../../core/outbound-settings.ts";
import { secretsInEnvironment } from "../../core/redactor.ts";
import type { Adapter, Attempt, Place } from "./adapter.ts";
import { failure, type Failure } from "./failure.ts";
import type { SendResult } from "./outbound.ts";
import { OutputKeeper } from "./output-keeper.ts";

/** Only these pass from the daemon's environment: nothing secret, nothing that loads code. */
const ENV_ALLOWED = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"] as const;

/** sysexits.h: a passing failure, try again later. */
const EX_TEMPFAIL = 75;
const FIRST_LINE_BYTES = 4_096;
const ERROR_TAIL_BYTES = 1_000;
/** A process that left the group may hold the pipes open after the program has ended; nobody waits longer for it. */
const OUTPUT_GRACE_MS = 250;

/** Starts a program with the message as one JSON line on stdin. Its exit code decides. */
export function commandAdapter(settings: OutboundOf<"command">, place: Place): Adapter {
  return { secrets: secretsInEnvironment(settings.env), send: (attempt) => send(settings, place, attempt) };
}

async function send(settings: OutboundOf<"command">, place: Place, { message, signal }: Attempt): Promise<SendResult> {
  const line = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
  const child = start(settings, place, line);
  if ("sent" in child) return child;
  const kill = (): void => endGroup(child.pid);
  signal.addEventListener("abort", kill, { once: true });
  const output = new OutputKeeper(child.stdout, { firstBytes: FIRST_LINE_BYTES, lastBytes: 0 });
  const errors = new OutputKeeper(child.stderr, { firstBytes: 0, lastBytes: ERROR_TAIL_BYTES });
  try {
    await child.exited;
  } finally {
    signal.removeEventListener("abort", kill);
    // What it left running belongs to this attempt, and the attempt is over.
    kill();
  }
  await Promise.all([output.ended(OUTPUT_GRACE_MS), errors.ended(OUTPUT_GRACE_MS)]);
  return resultOf(settings, place, child, output.first, errors.last);
}

type Child = Bun.Subprocess<Uint8Array, "pipe", "pipe">;

function start(settings: OutboundOf<"command">, place: Place, line: Uint8Array): Child | Failure {
  try {
    // In the home, since nothing is read from the folder nexus was started in; a group of its own, to be ended as one.
    return Bun.spawn([...settings.command], { cwd: place.home, env: { ...allowedEnvironment(place), ...settings.env }, stdin: line, stdout: "pipe", stderr: "pipe", detached: true });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
    const passing = ["EAGAIN", "ENOMEM", "EMFILE", "ENFILE"].includes(code);
    return failure(passing ? "OUTBOUND_UNREACHABLE" : "OUTBOUND_MISCONFIGURED", `${place.name}.command: ${settings.command[0] ?? ""} cannot be started (${code})`);
  }
}

function allowedEnvironment(place: Place): Record<string, string> {
  return Object.fromEntries(ENV_ALLOWED.flatMap((name) => (place.env[name] === undefined ? [] : [[name, place.env[name]]])));
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // No one was left.
  }
}

function resultOf(settings: OutboundOf<"command">, place: Place, child: Child, output: string, errors: string): SendResult {
  const code = child.exitCode;
  if (code === 0) {
    const receipt = output.split("\n", 1)[0]?.trim() ?? "";
    return receipt === "" ? { sent: true } : { sent: true, receipt };
  }
  const how = code === null ? `was ended by ${signalName(child.signalCode)}` : `ended with exit code ${code}`;
  const said = errors.trim();
  const message = `${place.name}: ${settings.command[0] ?? ""} ${how}${said === "" ? "" : `: ${said}`}`;
  return failure(code === null || code === EX_TEMPFAIL ? "OUTBOUND_UNREACHABLE" : "OUTBOUND_REFUSED", message);
}

function signalName(signal: string | number | null): string {
  if (typeof signal !== "number") return signal ?? "a signal";
  return Object.entries(constants.signals).find(([, number]) => number === signal)?.[0] ?? `signal ${signal}`;
}
