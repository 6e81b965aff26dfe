import { render } from "ink";
import { App } from "./app.tsx";
import { CommandLog } from "./actions/command-log.ts";
import { copySequence } from "./actions/copy.ts";
import { commandRunner } from "./actions/run-command.ts";
import { checkPlace } from "./check-place.ts";
import { Dashboard } from "./dashboard.ts";
import type { Look } from "./look/look.ts";
import { Collector } from "./reader/collector.ts";
import { startReaderThread } from "./reader/reader-thread.ts";
import { Feed } from "./state/feed.ts";
import type { Place } from "./state/place.ts";
import { AnsweredInput } from "./terminal/answered-input.ts";
import { crashReport } from "./terminal/crash-report.ts";
import { PacedOutput } from "./terminal/paced-output.ts";
import { restoreTerminal } from "./terminal/restore.ts";
import { whenClear } from "./terminal/when-clear.ts";
import { startWatching } from "./watching.ts";

export interface TuiOptions {
  readonly home: string;
  readonly look: Look;
  readonly readonly: boolean;
  readonly linear: boolean;
  /** Bytes a second that data may take on the average. */
  readonly bytesPerSecond: number;
  /** Between two looks at the data, ms. */
  readonly everyMs: number;
  readonly place: Place;
  readonly filter: string;
}

/** What data may save up while little happens: an ordinary change of figures is drawn at once. */
const BURST_BYTES = 4_096;
const KEY_FPS = 30;

/** Shows the dashboard until it is left. Resolves with the exit code. Throws for a place that there is not; what breaks later is reported on stderr. */
export async function runTui(options: TuiOptions): Promise<number> {
  checkPlace(options.place);
  const now = (): number => Date.now();
  const log = new CommandLog({ run: commandRunner(options.home), readonly: options.readonly, now });
  const desk = new Dashboard({ home: options.home, look: options.look, now, log, readonly: options.readonly, linear: options.linear });
  const reader = startReaderThread(options.home);
  desk.attach(new Feed(reader, now, desk.changed));
  const output = new PacedOutput({ out: process.stdout, budget: { perSecond: options.bytesPerSecond, most: BURST_BYTES }, now: () => performance.now() });
  const ended = Promise.withResolvers<number>();
  const leave = (code: number): void => ended.resolve(code);
  // A hangup; its signal may come later than what it does to reading and writing, or to nobody.
  const gone = (): void => {
    output.expectNothing();
    leave(129);
  };
  const input = new AnsweredInput(process.stdin, { answered: () => output.arrived(), gone });
  // Before the first frame asks the terminal anything: in cooked mode it would echo its own answer.
  input.setRawMode(true);
  desk.resize({ columns: output.columns, rows: output.rows });
  desk.change({ do: "go", place: options.place }, { do: "list", set: { filter: options.filter } });
  const errors: unknown[] = [];
  const crash = (error: unknown): void => {
    if (error instanceof Error && "code" in error && (error.code === "EIO" || error.code === "EPIPE" || error.code === "EBADF")) return gone();
    errors.push(error);
    leave(70);
  };
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;
  for (const [signal, code] of Object.entries(signals)) process.on(signal, () => leave(code));
  process.removeAllListeners("uncaughtException");
  process.removeAllListeners("unhandledRejection");
  process.on("uncaughtException", crash);
  process.on("unhandledRejection", crash);
  using collector = new Collector();
  const terminal = {
    copy: (text: string) => output.aside(copySequence(text, process.env)),
    quit: () => leave(0),
    lend: (work: () => Promise<void>) => void output.lend(() => input.lend(work)),
    touched: () => {
      output.drawsFor = "keys";
      collector.touched();
    },
    changes: (listener: () => void) => desk.subscribe(whenClear(listener, output)),
  };
  // Ink and its streams are all that it needs of the real ones.
  const streams = { stdout: output as unknown as NodeJS.WriteStream, stdin: input as unknown as NodeJS.ReadStream };
  const app = render(<App desk={desk} terminal={terminal} />, { ...streams, alternateScreen: !options.linear, incrementalRendering: !options.linear, maxFps: KEY_FPS, exitOnCtrlC: false, patchConsole: false, interactive: true, isScreenReaderEnabled: options.linear });
  const watching = startWatching({ desk, output, collector, everyMs: options.everyMs });
  app.waitUntilExit().then(() => leave(0), crash);
  const code = await ended.promise;
  watching[Symbol.dispose]();
  await output.settle();
  // From here on nothing is drawn: Ink does, when it ends, and it would be on the shell's screen.
  output.mute();
  restoreTerminal(output.alternate);
  if (errors.length > 0) console.error(crashReport(errors[0]));
  try {
    app.unmount();
  } catch {
    // It draws once more, for nobody: what broke may be that.
  }
  input.release();
  await reader.close();
  return code;
}
