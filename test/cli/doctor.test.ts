import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteCheck } from "../../src/engine/doctor/machine-checks.ts";
import { takeDaemonLock } from "../../src/engine/store/daemon-lock.ts";
import { nexus, type Answer } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Report {
  readonly healthy: boolean;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly detail: string; readonly fix?: string }[];
  readonly repairs?: readonly { readonly repair: string; readonly done: boolean; readonly detail: string }[];
}

/** With a temporary folder of its own: what other tests leave in the common one is none of its business. */
async function doctor(home: string, ...args: string[]): Promise<Report & { code: number }> {
  mkdirSync(join(home, "tmp"), { recursive: true });
  const answer = await nexus(home, ["doctor", "--json", ...args], { env: { TMPDIR: join(home, "tmp") } });
  expect(answer.err).toBe("");
  return { ...answer.json<Report>(), code: answer.code };
}

function check(report: Report, name: string): Report["checks"][number] {
  const found = report.checks.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no check ${name} in ${JSON.stringify(report.checks)}`);
  return found;
}

async function usedHome(home: string): Promise<{ source: string; copy: string; path: string }> {
  const source = join(home, "quiet.ts");
  writeFileSync(source, "export default () => undefined;\n");
  await nexus(home, ["hooks", "register", source]);
  const input = Array.from({ length: 300 }, (_, n) => JSON.stringify({ id: `doc:${n}`, content: `words number ${n}` })).join("\n");
  await nexus(home, ["events", "import", "-"], { stdin: input });
  const hooks = join(home, "state", "hooks");
  return { source, copy: join(hooks, readdirSync(hooks)[0] ?? ""), path: join(home, "state", "nexus.db") };
}

function sql(path: string, ...statements: string[]): void {
  const db = new Database(path);
  for (const statement of statements) db.run(statement);
  db.close();
}

function hashes(home: string): Record<string, string> {
  const names = readdirSync(join(home, "state"), { recursive: true }).map(String).filter((name) => statSync(join(home, "state", name)).isFile());
  return Object.fromEntries(names.sort().map((name) => [name, new Bun.CryptoHasher("sha256").update(readFileSync(join(home, "state", name))).digest("hex")]));
}

async function repairNotices(home: string): Promise<string[]> {
  const db = new Database(join(home, "state", "nexus.db"));
  const rows = db.query<{ data_json: string }, []>("SELECT data_json FROM notices WHERE kind = 'doctor_repaired' ORDER BY seq").all();
  db.close();
  return rows.map(({ data_json }) => (JSON.parse(data_json) as { repair: string }).repair);
}

test("a healthy home is healthy, nothing is written by looking, and no home is made", async () => {
  using home = tempHome();
  expect((await doctor(home.path)).code).toBe(0);
  expect(existsSync(join(home.path, "state"))).toBe(false);
  await usedHome(home.path);
  const before = hashes(home.path);
  const report = await doctor(home.path);
  expect(report).toMatchObject({ code: 0, healthy: true });
  expect(report.checks.filter(({ status }) => status === "problem")).toEqual([]);
  expect(hashes(home.path)).toEqual(before);
  expect((await doctor(home.path, "--repair")).repairs).toEqual([]);
}, 20_000);

// switch: mutant doctor-modes, doctor-scripts
test("modes, missing folders and copies, and leftovers are found and repaired, each with a notice; a dry run changes nothing", async () => {
  using home = tempHome();
  const { copy, path } = await usedHome(home.path);
  const content = readFileSync(copy);
  chmodSync(path, 0o644);
  rmSync(copy);
  mkdirSync(join(home.path, "tmp", "nexus-ev-abc"), { recursive: true });
  utimesSync(join(home.path, "tmp", "nexus-ev-abc"), 1, 1);
  const dead = Bun.spawnSync(["true"]).pid;
  writeFileSync(join(home.path, "state", `.nexus-restore-${dead}-0123abcd.tmp`), "half", { mode: 0o600 });
  const report = await doctor(home.path);
  expect(report.code).toBe(1);
  expect([check(report, "modes").status, check(report, "scripts").status, check(report, "leftovers").status]).toEqual(["problem", "problem", "warning"]);
  const before = hashes(home.path);
  const dry = await doctor(home.path, "--repair", "--dry-run");
  expect(dry.repairs?.map(({ repair, done }) => [repair, done])).toEqual([["modes", false], ["leftovers", false], ["scripts", false]]);
  expect(hashes(home.path)).toEqual(before);
  expect(statSync(path).mode & 0o777).toBe(0o644);
  const repaired = await doctor(home.path, "--repair");
  expect(repaired).toMatchObject({ code: 0, healthy: true });
  expect(readFileSync(copy).equals(content)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(home.path, "tmp")).filter((name) => name.startsWith("nexus-ev-"))).toEqual([]);
  expect(await repairNotices(home.path)).toEqual(["modes", "leftovers", "scripts"]);
}, 20_000);

test("a copy whose source has changed comes back from a backup, and without one is said to be lost", async () => {
  using home = tempHome();
  const { source, copy } = await usedHome(home.path);
  const content = readFileSync(copy);
  writeFileSync(source, "export default () => ({ fire: true });\n");
  chmodSync(copy, 0o600);
  writeFileSync(copy, "tampered");
  const lost = await doctor(home.path, "--repair");
  expect(lost.code).toBe(1);
  expect(lost.repairs?.find(({ repair }) => repair === "scripts")).toMatchObject({ done: false, detail: expect.stringContaining("register it again") });
  writeFileSync(copy, content);
  expect((await nexus(home.path, ["backup"])).code).toBe(0);
  rmSync(copy);
  expect((await doctor(home.path, "--repair")).code).toBe(0);
  expect(readFileSync(copy).equals(content)).toBe(true);
}, 20_000);

// switch: mutant doctor-full-text
test("an index of words that does not fit the events is found and made anew; not beside a daemon", async () => {
  using home = tempHome();
  const { path } = await usedHome(home.path);
  sql(path, "INSERT INTO events_fts(events_fts) VALUES ('delete-all')");
  expect(check(await doctor(home.path), "full text")).toMatchObject({ status: "problem", detail: expect.stringContaining("300") });
  const lock = takeDaemonLock(home.path, Date.now());
  const refused = await doctor(home.path, "--repair");
  expect(refused.repairs).toEqual([{ repair: "full text", done: false, detail: expect.stringContaining(`pid ${process.pid}`) }]);
  expect(check(refused, "daemon").detail).toContain(`pid ${process.pid}`);
  lock.release();
  expect(await doctor(home.path, "--repair")).toMatchObject({ code: 0 });
  expect((await nexus(home.path, ["events", "list", "--search", "number", "--last", "500", "--json"])).json<unknown[]>()).toHaveLength(300);
  expect(await repairNotices(home.path)).toEqual(["full text"]);
}, 20_000);

/** Bytes of the page on which an index begins. */
function spoilIndex(path: string, name: string): void {
  const db = new Database(path);
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  // Its entries are those of a moment ago: a row more stands in the table than in the index.
  const { rootpage } = db.query<{ rootpage: number }, [string]>("SELECT rootpage FROM sqlite_schema WHERE name = ?").get(name) ?? { rootpage: 0 };
  const size = db.query<{ page_size: number }, []>("PRAGMA page_size").get()?.page_size ?? 0;
  const before = readFileSync(path).subarray((rootpage - 1) * size, rootpage * size);
  db.run("INSERT INTO threads(id, channel) VALUES ('t', 'c')");
  db.run("INSERT INTO episodes(id, definition_name, channel, thread_id, start_time, end_time) VALUES ('ep', 'd', 'c', 't', 1, 1)");
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  db.close();
  const bytes = readFileSync(path);
  before.copy(bytes, (rootpage - 1) * size);
  writeFileSync(path, bytes);
}

test("a damaged index is made anew, a damaged table is left alone, with the way back", async () => {
  using home = tempHome();
  const { path } = await usedHome(home.path);
  spoilIndex(path, "idx_episodes_thread");
  expect(check(await doctor(home.path), "database")).toMatchObject({ status: "problem", detail: expect.stringContaining("only its indexes") });
  expect(await doctor(home.path, "--repair")).toMatchObject({ code: 0 });
  const backup = (await nexus(home.path, ["backup", "--quiet"])).out.trim();
  const bytes = readFileSync(path);
  bytes.fill(0xa5, Math.floor(bytes.length / 8_192) * 4_096, Math.floor(bytes.length / 8_192) * 4_096 + 12_288);
  writeFileSync(path, bytes);
  const report = await doctor(home.path, "--repair");
  expect(report.code).toBe(1);
  expect(check(report, "database").fix).toContain(`nexus restore ${backup} --home ${home.path}`);
  expect(readFileSync(path).equals(bytes)).toBe(true);
  expect((await nexus(home.path, ["restore", backup])).code).toBe(0);
  expect((await doctor(home.path)).code).toBe(0);
}, 30_000);

test("a database that is none is reported, with .recover where no backup is", async () => {
  using home = tempHome();
  const { path } = await usedHome(home.path);
  writeFileSync(path, "not a database at all");
  const report = await doctor(home.path);
  expect(report.code).toBe(1);
  expect(check(report, "database")).toMatchObject({ status: "problem", detail: expect.stringContaining("DATABASE_CORRUPT"), fix: expect.stringContaining(".recover") });
}, 20_000);

// switch: mutant doctor-invariants
test("rows that contradict each other are reported by the invariant they break", async () => {
  using home = tempHome();
  const { path } = await usedHome(home.path);
  sql(path, "INSERT INTO hook_invocations(id, hook_id, event_id, started_at, finished_at, latency_ms, fired, version_id, outcome, latency_us) SELECT 'inv_x', id, 'doc:1', 1, 1, 1, 1, version_id, 'fired', 1 FROM hooks");
  sql(path, "INSERT INTO meta(key, value) VALUES ('eval_cursor', 999999) ON CONFLICT DO UPDATE SET value = 999999");
  const { status, detail } = check(await doctor(home.path), "invariants");
  expect(status).toBe("problem");
  expect(detail).toContain("I3: 1 fires without a dispatch");
  expect(detail).toContain("I2: 1 evaluated events that the ledger never had");
}, 20_000);

test("what loads code into nexus, an old SQLite and a bad configuration are said", async () => {
  using home = tempHome();
  await usedHome(home.path);
  writeFileSync(join(home.path, "config.toml"), "nonsense = 1\n", { mode: 0o600 });
  const answer: Answer = await nexus(home.path, ["doctor", "--json"], { env: { LD_PRELOAD: "", NODE_OPTIONS: "--no-warnings", TMPDIR: home.path } });
  const report = answer.json<Report>();
  expect(answer.code).toBe(1);
  expect(check(report, "environment")).toMatchObject({ status: "warning", detail: expect.stringMatching(/^NODE_OPTIONS is set/) });
  expect(check(report, "config")).toMatchObject({ status: "problem", detail: expect.stringContaining("nonsense") });
  expect([sqliteCheck("3.51.2").status, sqliteCheck("3.51.3").status, sqliteCheck("3.9.0").status]).toEqual(["warning", "ok", "warning"]);
}, 20_000);
