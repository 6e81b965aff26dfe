import { wallOf, works } from "./binary.ts";
import { bigHome, EVENTS, INVOCATIONS_PER_EVENT } from "./big-database.ts";
import type { Row } from "./report.ts";
import { inRounds, medianOf } from "./rounds.ts";
import { median } from "./statistics.ts";

const COMMANDS = [
  ["hooks", "info", "match-0"],
  ["hooks", "stats", "match-0"],
  ["hooks", "invocations", "match-0", "--last", "20"],
  ["status"],
] as const;
const MAX_MS = 50;
const SPAWNS = 5;

/** The reading commands of the compiled binary in a home with a million events; `match-0` has a million invocations. */
export async function bigRows(binary: string | undefined, rounds: number): Promise<Row[]> {
  const size = `${EVENTS / 1e6} million events, ${(EVENTS * INVOCATIONS_PER_EVENT) / 1e6} million invocations`;
  if (binary === undefined) return [{ measure: size, unit: "ms", limit: `≤ ${MAX_MS} ms`, note: "there is no dist/nexus" }];
  const home = bigHome(Date.now());
  const rows: Row[] = [];
  for (const command of COMMANDS) {
    const argv = [binary, ...command];
    const row: Row = { measure: `\`${command.join(" ")}\``, unit: "ms", limit: `≤ ${MAX_MS} ms`, note: `with ${size}` };
    if (!works(argv, home)) {
      rows.push({ ...row, ok: false });
      continue;
    }
    const { nexus } = await inRounds(rounds, { nexus: () => ({ ms: median(Array.from({ length: SPAWNS }, () => wallOf(argv, home))) }) });
    const ms = medianOf(nexus, "ms");
    rows.push({ ...row, nexus: ms, ok: ms <= MAX_MS });
  }
  return rows;
}
