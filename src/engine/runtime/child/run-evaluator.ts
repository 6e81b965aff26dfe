import type { FromEvaluator, ToEvaluator } from "../protocol.ts";
import { FrameReader, FrameWriter } from "../frames.ts";
import { Evaluator, type EvaluatorLimits } from "./evaluator.ts";
import { limitOwnProcess } from "./own-limits.ts";

/** The end of the socket pair that the daemon started it with. */
const DAEMON_FD = 3;

/** `nexus __evaluator LIMITS`: the hidden mode in which the daemon starts its child. */
export async function runEvaluator(limits: EvaluatorLimits): Promise<void> {
  // Without the daemon there is nobody to work for, and a stuck thread would keep a plain exit waiting.
  const die = (): void => void process.kill(process.pid, "SIGKILL");
  limitOwnProcess(limits.memoryMb);
  const outgoing: string[] = [];
  let writer: FrameWriter | undefined;
  const flush = (): void => {
    const text = outgoing.join("");
    outgoing.length = 0;
    writer?.write(text);
  };
  const evaluator = new Evaluator(limits, (text) => {
    if (outgoing.push(text) === 1) setImmediate(flush);
  });
  const reader = new FrameReader<ToEvaluator>((header, lines) => evaluator.receive(header, lines));
  process.on("SIGTERM", () => undefined);
  process.on("SIGINT", () => undefined);
  const ready = `${JSON.stringify({ t: "ready", pid: process.pid } satisfies FromEvaluator)}\n`;
  const daemon = {
    fd: DAEMON_FD,
    socket: {
      open: (socket: Bun.Socket<undefined>) => {
        writer = new FrameWriter(socket);
        writer.write(ready);
      },
      data: (_: Bun.Socket<undefined>, bytes: Uint8Array) => reader.feed(bytes),
      drain: () => writer?.drained(),
      close: die,
      error: die,
    },
  };
  // The types know only hosts and paths.
  await Bun.connect<undefined>(daemon as unknown as Bun.UnixSocketOptions<undefined>);
}
