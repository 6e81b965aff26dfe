import { expect, test } from "bun:test";
import { openStore } from "../../src/engine/store/open.ts";
import { RetentionDesk } from "../helpers/retention-desk.ts";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { foldRows } from "../../src/engine/store/retention/invocation-walk.ts";
import { RemovalRecord } from "../../src/engine/store/retention/retention-log.ts";

interface Status {
  readonly verdict: string;
  readonly findings: readonly { readonly side: string; readonly grade: string; readonly evidence: string }[];
  readonly daemon: Readonly<Record<string, unknown>>;
}

/** `nexus serve`, begun. */
async function served(home: string): Promise<AsyncDisposable & { readonly pid: number; kill(signal: NodeJS.Signals): void }> {
  const child = nexusProcess(home, ["serve", "--json"]);
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toContain("started");
  return {
    pid: child.pid,
    kill: (signal) => child.kill(signal),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}

// switch: mutant exit-code-of-verdict
test("the exit code is the verdict's: 7 without a daemon, 0 with one, 7 when it is stopped, 1 with a paused hook", async () => {
  using home = tempHome();
  await nexus(home.path, ["init"]);
  const without = await nexus(home.path, ["status", "--json"]);
  expect(without.code).toBe(7);
  expect(without.json<Status>()).toMatchObject({ verdict: "down", findings: [{ side: "liveness", grade: "down" }, { side: "flow" }, { side: "execution" }, { side: "storage" }] });
  await using daemon = await served(home.path);
  let well = await nexus(home.path, ["status", "--json"]);
  // It has said that it starts, and commits for the first time a moment later.
  while (well.json<Status>().daemon["heartbeat_at"] === undefined) well = await nexus(home.path, ["status", "--json"]);
  expect(well.json<Status>().findings.filter(({ grade }) => grade !== "healthy")).toEqual([]);
  expect(well.code).toBe(0);
  expect(well.json<Status>().daemon).toMatchObject({ running: true, pid: daemon.pid, stopped: false });
  if (process.platform === "linux") {
    daemon.kill("SIGSTOP");
    const stopped = await nexus(home.path, ["status"]);
    expect(stopped.out).toStartWith(`○ down  liveness: pid ${daemon.pid} is stopped`);
    expect(stopped.code).toBe(7);
    daemon.kill("SIGCONT");
  }
  const store = openStore(home.path);
  store.db.run("INSERT INTO hook_versions(id, hook_id, version, script_path, script_hash, source_path, source_hash, metadata_json, created_at) VALUES ('ver_1', 'hook_1', 1, '', '', '', '', '{\"name\":\"h\",\"stage\":\"runAutomations\",\"limits\":{}}', 1)");
  store.db.run("INSERT INTO hooks(id, name, mode, status, script_path, created_at, updated_at, slug, version_id, last_error) VALUES ('hook_1', 'h', 'persistent', 'paused', '', 1, 1, 'h', 'ver_1', 'boom')");
  store.db.run("INSERT INTO hooks(id, name, mode, status, script_path, created_at, updated_at, slug, version_id) VALUES ('hook_2', 'g', 'persistent', 'active', '', 1, 1, 'g', 'ver_1')");
  store.close();
  const paused = await nexus(home.path, ["status"]);
  expect(paused.code).toBe(1);
  expect(paused.out).toStartWith("▲ degraded  execution: 1 hook active, 1 paused");
  expect(paused.out).toContain("h: paused, boom");
}, 30_000);

test("it fits 80 columns, without colours in a pipe, and says what retention did", async () => {
  using desk = new RetentionDesk({ events_days: 1 });
  for (let n = 1; n < 50; n += 1) desk.evaluated(n);
  desk.clock.advance(Date.now() - desk.clock.now());
  desk.evaluated(1_000, {}, { received_at: desk.clock.now() });
  desk.housekeeper.sweep();
  const { out, err } = await nexus(desk.home, ["status"]);
  expect(err).toBe("");
  expect(out).not.toContain("\u001b");
  const lines = out.split("\n").filter((line) => !line.includes(desk.home));
  expect(lines.filter((line) => Bun.stringWidth(line) > 80)).toEqual([]);
  expect(out).toContain("49 events since yesterday (age)");
  expect(out).toContain("49 invocations since yesterday (folded)");
  expect(out).toContain("Rows        1 events, about 1 invocations");
  expect((await nexus(desk.home, ["status", "--json"])).json()).toMatchObject({ retention: { events_days: 90, horizon: { seq: 49 } }, events: { stored: 1, last_seq: 50 } });
}, 20_000);

test("a folded pair is said to be one, wherever invocations are shown", async () => {
  using desk = new RetentionDesk();
  const { store } = desk;
  desk.evaluated(1);
  desk.evaluated(2, { outcome: "error", error: "boom" });
  store.db.run("INSERT INTO hook_versions(id, hook_id, version, script_path, script_hash, source_path, source_hash, metadata_json, created_at) VALUES ('ver_a', 'hook_a', 1, '', '', '', '', '{\"name\":\"h\",\"stage\":\"runAutomations\",\"limits\":{}}', 1)");
  store.db.run("INSERT INTO hooks(id, name, mode, script_path, created_at, updated_at, slug, version_id) VALUES ('hook_a', 'h', 'persistent', '', 1, 1, 'h', 'ver_a')");
  store.db.run("INSERT INTO hook_activations(hook_id, from_seq, version_id) VALUES ('hook_a', 0, 'ver_a')");
  store.write(() => foldRows(store, [{ rowid: 1, hook_id: "hook_a", outcome: "no_fire", finished_at: desk.clock.now() + 1_000 }], "folded", new RemovalRecord()));
  const why = await nexus(desk.home, ["why", "test:1", "h"]);
  expect(why.out).toContain("evaluated, did not fire; the row was folded into hourly counters (retention); of that time it has 1 no_fire");
  expect((await nexus(desk.home, ["events", "show", "test:1"])).out).toContain("Evaluated without a fire, and folded into hourly counters: h");
  expect((await nexus(desk.home, ["events", "show", "test:1", "--json"])).json()).toMatchObject({ folded: ["h"], invocations: [] });
  const listed = await nexus(desk.home, ["hooks", "invocations", "h", "--json"]);
  expect(listed.json<unknown[]>()).toHaveLength(1);
  expect(listed.err).toContain("folded into hourly counters, and not listed: 1 no_fire");
  expect((await nexus(desk.home, ["hooks", "invocations", "h", "--errors-only", "--json"])).err).toBe("");
}, 20_000);

test("a home that cannot give free pages back says so, and the doctor converts it", async () => {
  using desk = new RetentionDesk();
  desk.evaluated(1, {}, { content: "fox" });
  desk.store.db.run("PRAGMA auto_vacuum = NONE");
  desk.store.db.run("VACUUM");
  expect((await nexus(desk.home, ["status"])).out).toContain("gives nothing back (doctor --repair)");
  await nexus(desk.home, ["doctor", "--repair", "--json"]);
  expect((await nexus(desk.home, ["status", "--json"])).json()).toMatchObject({ database: { incremental_vacuum: true }, events: { stored: 1 } });
}, 20_000);
