import { expect, test } from "bun:test";
import { join } from "node:path";
import { verifyAudit } from "../../../src/engine/store/audit.ts";
import { violations } from "../../../src/engine/store/invariants.ts";
import { RefDesk } from "./ref-desk.ts";

const UPDATER = join(import.meta.dir, "updater-process.ts");
const PROCESSES = 8;
const UPDATES = 60;

interface Move {
  readonly id: string;
  readonly previous_id: string | null;
  readonly passage_id: string;
  readonly previous_passage_id: string | null;
  readonly created_by: string;
}

// switch: mutant previous-by-the-plan
test(`${PROCESSES} processes that update the same refs, two of them killed: history is a chain, and what was said to be done is done`, async () => {
  await using desk = new RefDesk();
  desk.hook("shared/0", "audit_log", { destination: "log" });
  desk.action("copy", "({ passage }) => ({ emit: [{ type: 'ref_set', channel: 'ref', metadata: { ref_name: 'copy', passage_id: passage.id } }] })");
  desk.hook("shared/1", "copy");
  const said = await Promise.all(Array.from({ length: PROCESSES }, async (_, n) => {
    const child = Bun.spawn([process.execPath, UPDATER, desk.home, `p${n}`, String(UPDATES)], { stdout: "pipe", stderr: "inherit" });
    const ids: string[] = [];
    let rest = "";
    for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      ids.push(...lines);
      // In the middle of whatever it does.
      if (n < 2 && ids.length >= 20) child.kill("SIGKILL");
    }
    await child.exited;
    return ids;
  }));
  expect(said.slice(2).map((ids) => ids.length)).toEqual(Array.from({ length: PROCESSES - 2 }, () => UPDATES));
  expect([violations(desk.store.db), verifyAudit(desk.store.db).broken]).toEqual([[], undefined]);
  const known = new Set<string>();
  for (const name of ["shared/0", "shared/1", "shared/2"]) {
    const moves = desk.store.db.query<Move, [string]>("SELECT id, previous_id, passage_id, previous_passage_id, created_by FROM ref_history WHERE ref_name = ? ORDER BY seq").all(name);
    for (const [place, move] of moves.entries()) {
      expect([move.previous_id, move.previous_passage_id]).toEqual([moves[place - 1]?.id ?? null, moves[place - 1]?.passage_id ?? null]);
      known.add(move.id);
    }
    // More than one process had its turn, or nothing was shown.
    expect(new Set(moves.map(({ created_by }) => created_by)).size).toBe(PROCESSES);
  }
  expect(said.flat().filter((id) => !known.has(id))).toEqual([]);
  // Every committed update of the first ref has its audit row, and every one of the second its copy.
  const count = (sql: string): number => desk.store.db.query<{ n: number }, []>(sql).get()?.n ?? 0;
  expect(count("SELECT count(*) AS n FROM audit_log")).toBe(count("SELECT count(*) AS n FROM ref_history WHERE ref_name = 'shared/0'"));
  expect(count("SELECT count(*) AS n FROM ref_history WHERE ref_name = 'copy'")).toBe(count("SELECT count(*) AS n FROM ref_history WHERE ref_name = 'shared/1'"));
  expect(count("SELECT count(*) AS n FROM ref_history h WHERE NOT EXISTS (SELECT 1 FROM events e WHERE e.id = 'ref:' || h.id)")).toBe(0);
}, 120_000);
