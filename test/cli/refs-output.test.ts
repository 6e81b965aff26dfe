import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { COMMANDS } from "../../src/cli/commands.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const OF_REFS = /^(?:refs|passages|branches|scopes|runs|audit)\b/;

/** Everything that the database says, but for its own bookkeeping. */
function contentsOf(home: string): string {
  const db = new Database(join(home, "state", "nexus.db"), { readonly: true });
  try {
    const tables = db.query<{ name: string }, []>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '%fts%' ORDER BY name").all();
    return JSON.stringify(tables.map(({ name }) => [name, db.query(`SELECT * FROM "${name}"`).all()]));
  } finally {
    db.close();
  }
}

async function ok(home: string, ...args: string[]): Promise<Awaited<ReturnType<typeof nexus>>> {
  const answer = await nexus(home, args);
  expect([args, answer.code, answer.err.replace(/^\d .* for the daemon: nexus serve\n$/, "").replace("it waits for the daemon: nexus serve\n", "")]).toEqual([args, 0, ""]);
  return answer;
}

test("every command of refs has an example in its help, and every one that writes a --dry-run", () => {
  const of = COMMANDS.filter(({ path }) => OF_REFS.test(path));
  expect(of.filter(({ path, examples = [] }) => !examples.some((line) => line.includes(`nexus ${path} `) || line.endsWith(`nexus ${path}`))).map(({ path }) => path)).toEqual([]);
  const reading = /(?: get| list| show| history| stats| verify)$/;
  expect(of.filter(({ path, options = [] }) => !reading.test(path) && !options.some(([flags]) => flags === "--dry-run")).map(({ path }) => path)).toEqual([]);
});

test("a dry run of any command that writes leaves the database as it was, and says in JSON that it was one", async () => {
  using temp = tempHome();
  const { path: home } = temp;
  const script = join(home, "script.ts");
  const other = join(home, "other.ts");
  writeFileSync(script, "export default () => ({});\n");
  writeFileSync(other, "export default () => ({ emit: [] });\n");
  const id = async (...args: string[]): Promise<string> => (await ok(home, ...args, "--json")).json<{ id: string }>().id;
  await ok(home, "branches", "create", "agent/HEAD", "--main");
  await ok(home, "refs", "set", "agent/human/HEAD", "--content", "one");
  await ok(home, "branches", "fork", "agent/HEAD", "agent/x");
  await ok(home, "refs", "set", "agent/human/x", "--content", "two");
  await ok(home, "scopes", "create", "s", "--refs", "agent/**");
  for (const name of ["used", "unused"]) await ok(home, "refs", "actions", "register", name, script);
  for (const name of ["used", "unused"]) await ok(home, "runs", "processors", "register", name, script);
  const hook = await id("refs", "hooks", "create", "agent/human/HEAD", "used");
  const off = await id("refs", "hooks", "create", "agent/human/HEAD", "audit_log", "--config", "destination=log", "--disabled");
  await ok(home, "refs", "hooks", "create", "out", "webhook", "--config", "url=https://example.invalid/x");
  await ok(home, "refs", "set", "out", "--content", "x");
  const [webhook] = (await ok(home, "refs", "outbox", "list", "--json")).json<{ id: string }[]>();
  const run = await id("runs", "start", "used");
  const tried = [
    ["passages", "add", "text"], ["refs", "set", "agent/human/HEAD", "--content", "x"], ["refs", "set", "new/ref", "--content", "x"], ["refs", "delete", "agent/human/HEAD"],
    ["branches", "create", "agent/y"], ["branches", "fork", "agent/HEAD", "agent/y"], ["branches", "promote", "agent/x", "agent/HEAD"], ["branches", "delete", "agent/x", "--refs"],
    ["refs", "hooks", "create", "a", "audit_log", "--config", "destination=log"], ["refs", "hooks", "enable", off], ["refs", "hooks", "disable", hook], ["refs", "hooks", "delete", hook],
    ["refs", "actions", "register", "third", script], ["refs", "actions", "register", "used", other, "--upsert"], ["refs", "actions", "remove", "unused"],
    ["runs", "processors", "register", "third", script], ["runs", "processors", "remove", "unused"], ["runs", "start", "used"], ["runs", "cancel", run], ["runs", "retry", run],
    ["refs", "outbox", "cancel", webhook?.id ?? ""], ["refs", "outbox", "retry", webhook?.id ?? ""],
    ["scopes", "create", "t"], ["scopes", "refresh", "s"], ["scopes", "delete", "s"],
  ];
  const missing = COMMANDS.filter(({ path, options = [] }) => OF_REFS.test(path) && options.some(([flags]) => flags === "--dry-run") && !tried.some((words) => words.join(" ").startsWith(path)));
  expect(missing.map(({ path }) => path)).toEqual([]);
  const before = contentsOf(home);
  for (const words of tried) expect([words, (await ok(home, ...words, "--dry-run", "--json")).json<{ dry_run?: boolean }>().dry_run]).toEqual([words, true]);
  expect(contentsOf(home)).toBe(before);
}, 120_000);

test("a dry run makes no home where there is none", async () => {
  using temp = tempHome();
  const home = join(temp.path, "none");
  const script = join(temp.path, "script.ts");
  writeFileSync(script, "export default () => ({});\n");
  const tried = [["passages", "add", "x"], ["refs", "set", "a", "--content", "x"], ["refs", "hooks", "create", "a", "audit_log", "--config", "destination=log"], ["branches", "create", "a/b"], ["scopes", "create", "s"], ["refs", "actions", "register", "a", script], ["runs", "processors", "register", "a", script]];
  for (const words of tried) await ok(home, ...words, "--dry-run");
  expect(existsSync(join(home, "state"))).toBe(false);
}, 60_000);

test("--json of what changes a branch has the branch; --quiet of a list has one name a line; a list that was cut says so", async () => {
  using temp = tempHome();
  const { path: home } = temp;
  await ok(home, "branches", "create", "agent/HEAD", "--main");
  await ok(home, "refs", "set", "agent/human/HEAD", "--content", "one");
  expect((await ok(home, "branches", "fork", "agent/HEAD", "agent/x", "--json")).json<unknown>()).toMatchObject({ branch: { prefix: "agent", name: "x", hooks_enabled: false }, updates: [{ action: "fork" }] });
  await ok(home, "refs", "set", "agent/human/x", "--content", "two");
  expect((await ok(home, "branches", "promote", "agent/x", "agent/HEAD", "--json")).json<unknown>()).toMatchObject({ branch: { name: "HEAD" }, updates: [{ action: "promote" }] });
  expect((await ok(home, "branches", "list")).out).toMatch(/agent\/x +- +off +agent\/HEAD/);
  expect((await ok(home, "branches", "list", "-q")).out).toBe("agent/HEAD\nagent/x\n");
  expect((await ok(home, "passages", "list", "-q")).out).toMatch(/^psg_\w+\npsg_\w+\n$/);
  expect((await nexus(home, ["refs", "list", "--last", "1", "--json"])).err).toBe("only the first 1 are listed: --last N lists more\n");
  expect((await ok(home, "refs", "list", "--last", "2", "-q")).out).toBe("agent/human/HEAD\nagent/human/x\n");
  expect((await ok(home, "branches", "delete", "agent/x", "--json")).json<unknown>()).toMatchObject({ branch: { name: "x" }, updates: [] });
}, 60_000);

test("why takes the id of an update as `refs history` prints it; a failed update names the command that shows what was undone", async () => {
  using temp = tempHome();
  const { path: home } = temp;
  await ok(home, "refs", "hooks", "create", "a", "audit_log", "--config", "destination=log");
  await ok(home, "refs", "set", "a", "--content", "one");
  const [update] = (await ok(home, "refs", "history", "a", "--json")).json<{ id: string }[]>();
  expect((await ok(home, "why", update?.id ?? "")).out).toContain("audit row 1 in log");
  const db = new Database(join(home, "state", "nexus.db"));
  db.run(`INSERT INTO passage_ref_hooks (ref_name, action_type, config) VALUES ('a', 'audit-log', '{}')`);
  db.close();
  expect((await nexus(home, ["refs", "get", "Casey's own ref"])).err).toContain("next: nexus refs history 'Casey'\\''s own ref'\n");
  const failed = await nexus(home, ["refs", "set", "a", "--content", "two"]);
  expect(failed.err).toContain("did you mean: audit_log");
  const [, command = ""] = /next: nexus (why upd_\w+)/.exec(failed.err) ?? [];
  expect((await ok(home, ...command.split(" "))).out).toContain("was undone: nothing of it was stored");
}, 60_000);

test("text without an end is read no further than a passage may be long", async () => {
  using temp = tempHome();
  for (const words of [["passages", "add", "--file", "/dev/zero"], ["refs", "set", "a", "--file", "/dev/zero"]]) {
    const refused = await nexus(temp.path, [...words, "--json"]);
    expect([refused.code, refused.error().code, refused.error().message]).toEqual([2, "PASSAGE_INVALID", "/dev/zero has more than 1048576 bytes, as many as refs.max_passage_bytes allows"]);
  }
  expect((await nexus(temp.path, ["passages", "add", "--json"], { stdin: "x".repeat(1_048_577) })).error().message).toContain("standard input has more than 1048576 bytes");
  expect((await nexus(temp.path, ["passages", "add", "--json"], { stdin: "é".repeat(524_288) })).json<{ content: string }>().content).toHaveLength(524_288);
}, 60_000);
