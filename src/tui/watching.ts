import type { Dashboard } from "./dashboard.ts";
import { Listener } from "./listener.ts";
import { newsOf } from "./news.ts";
import { ProcessorShare } from "./processor-share.ts";
import type { Collector } from "./reader/collector.ts";
import type { PacedOutput } from "./terminal/paced-output.ts";
import { Ticker } from "./ticker.ts";

interface WatchingParts {
  readonly desk: Dashboard;
  readonly output: PacedOutput;
  readonly collector: Collector;
  /** Between two looks at the data, ms. */
  readonly everyMs: number;
}

/** So many events wait for a daemon that is behind; what it does at once is fewer. */
const MANY_WAIT = 500;

/** Looks at the home and listens to its daemon, within what the line and the processor have for it. */
export function startWatching({ desk, output, collector, everyMs }: WatchingParts): Disposable {
  const stack = new DisposableStack();
  const later = (work: () => void, ms: number): (() => void) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  };
  const share = new ProcessorShare({ used: processorMs, now: () => performance.now() });
  const looks = (unasked: boolean): void => {
    if (unasked) output.drawsFor = "data";
    share.begin();
    collector.worked();
  };
  const ticker = stack.use(new Ticker({ desk, everyMs, ready: () => output.ready && share.free((desk.feed.pulse?.backlog ?? 0) > MANY_WAIT), looks, later }));
  stack.use(new Listener({ home: desk.parts.home, heard: (event) => ticker.hear(newsOf(event, desk.parts.now())), later }));
  return stack;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}
