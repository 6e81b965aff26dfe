import type { BrokerTask } from "./broker-measure.ts";
import type { Row } from "./report.ts";
import { fresh as runTask, type Figures, inRounds, medianOf, ratioOf } from "./rounds.ts";

const MEASURE = new URL("./broker-measure.ts", import.meta.url).pathname;

function fresh(task: BrokerTask): Promise<Figures> {
  return runTask(MEASURE, task);
}

interface Options {
  readonly rounds: number;
  readonly durability: "full" | "normal";
  readonly progress: (what: string) => void;
}

/** The Broker with an agent that answers at once, against the same fires with no agent to take them. */
export async function brokerRows({ rounds, durability, progress }: Options): Promise<Row[]> {
  progress("broker: dispatches");
  const { pending, answered } = await inRounds(rounds, { pending: () => fresh({ load: "pending", durability }), answered: () => fresh({ load: "answered", durability }) });
  progress("broker: from fire to agent, memory of the queue");
  const { latency, memory } = await inRounds(rounds, { latency: () => fresh({ load: "latency", durability }), memory: () => fresh({ load: "memory", durability }) });
  const all = (figures: readonly Figures[], name: string): number[] => figures.map((round) => round[name] ?? Number.NaN);
  return [
    { measure: "dispatches answered by a no-op agent", unit: "per s", floor: medianOf(pending, "dispatches_per_s"), nexus: medianOf(answered, "dispatches_per_s"), ratio: ratioOf(answered, pending, "dispatches_per_s"), note: "`floor`: the same fires without an agent, stored as pending dispatches", raw: { floor: all(pending, "dispatches_per_s"), nexus: all(answered, "dispatches_per_s") } },
    { measure: "from committed fire to started agent, p50", unit: "ms", nexus: medianOf(latency, "fire_to_start_p50_ms"), raw: { nexus: all(latency, "fire_to_start_p50_ms") } },
    { measure: "from committed fire to started agent, p99", unit: "ms", nexus: medianOf(latency, "fire_to_start_p99_ms"), raw: { nexus: all(latency, "fire_to_start_p99_ms") } },
    { measure: "memory of a waiting dispatch", unit: "bytes", nexus: medianOf(memory, "bytes_per_waiting"), raw: { nexus: all(memory, "bytes_per_waiting") } },
  ];
}
