import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, type Answer } from "../helpers/nexus-command.ts";
import { Served } from "../helpers/served.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Outcome {
  readonly transaction_id: string;
  readonly updates: readonly { readonly id: string; readonly ref_name: string; readonly passage_id: string; readonly hooks: string; readonly previous_passage_id?: string }[];
  readonly executions: readonly { readonly effects: readonly string[]; readonly outcome: string }[];
  readonly webhooks: number;
  readonly runs: number;
  readonly dry_run?: boolean;
}

interface Home extends Disposable {
  readonly path: string;
  /** With --json. */
  json<T = Outcome>(...args: string[]): Promise<T>;
  run(...args: string[]): Promise<Answer>;
}

function home(): Home {
  const temp = tempHome();
  const run = (...args: string[]): Promise<Answer> => nexus(temp.path, args);
  return {
    path: temp.path,
    run,
    json: async <T>(...args: string[]) => {
      const answer = await run(...args, "--json");
      expect([args, answer.code, answer.err.replace(/^\d .* for the daemon: nexus serve\n$/, "")]).toEqual([args, 0, ""]);
      return answer.json<T>();
    },
    [Symbol.dispose]: () => temp[Symbol.dispose](),
  };
}

test("refs set, get, list, history, delete without a daemon: by id, by text, from a file and from standard input", async () => {
  using h = home();
  const passage = await h.json<{ id: string; type: string }>("passages", "add", "first", "--type", "note", "--metadata", "a=1", "b=x");
  expect(await h.json("passages", "get", passage.id)).toMatchObject({ content: "first", type: "note", metadata: { a: 1, b: "x" } });
  const set = await h.json("refs", "set", "agent/human/HEAD", passage.id, "--metadata", '{"agent_id":7}');
  expect(set.updates).toMatchObject([{ ref_name: "agent/human/HEAD", passage_id: passage.id, hooks: "none" }]);
  writeFileSync(join(h.path, "text.txt"), "from a file\n");
  await h.json("refs", "set", "agent/human/HEAD", "--file", join(h.path, "text.txt"));
  const piped = await nexus(h.path, ["refs", "set", "agent/human/HEAD", "--file", "-", "--type", "model", "-q"], { stdin: "from a pipe" });
  expect(piped.out).toMatch(/^upd_/);
  expect(await h.json("refs", "get", "agent/human/HEAD")).toMatchObject({ metadata: { agent_id: 7 }, passage: { content: "from a pipe", type: "model" } });
  const history = await h.json<{ passage_id: string; previous_passage_id?: string }[]>("refs", "history", "agent/human/HEAD");
  expect(history.map(({ previous_passage_id }) => previous_passage_id)).toEqual([history[1]?.passage_id, passage.id, undefined]);
  expect((await h.json<{ name: string }[]>("refs", "list", "agent/")).map(({ name }) => name)).toEqual(["agent/human/HEAD"]);
  expect((await h.run("refs", "delete", "agent/human/HEAD", "--human")).out).toContain("agent/human/HEAD deleted, before at psg_");
  expect(await h.json<unknown>("refs", "delete", "agent/human/HEAD")).toMatchObject({ existed: false, updates: [] });
  const gone = await h.run("refs", "get", "agent/human/HEAD", "--json");
  expect([gone.code, gone.error().code]).toEqual([3, "REF_NOT_FOUND"]);
  expect((await h.run("refs", "delete", "agent/human/HEAD")).out).toContain("agent/human/HEAD was not there");
}, 60_000);

test("what is wrong is an error with a code, an exit code and the place", async () => {
  using h = home();
  await h.json("refs", "set", "a/b", "--content", "x");
  const cases = [
    [["refs", "set", "a/b"], 2, "USAGE"],
    [["refs", "set", "a/b", "psg_x", "--content", "y"], 2, "USAGE"],
    [["refs", "set", "a/b", "psg_x"], 3, "PASSAGE_NOT_FOUND"],
    [["refs", "set", "a/b", "psg_x", "--type", "note"], 2, "USAGE"],
    [["refs", "set", "a/b", "psg_x", "--passage-metadata", "a=1"], 2, "USAGE"],
    [["refs", "delete", "a/b", "--expect", "none"], 5, "REF_MOVED"],
    [["refs", "actions", "show", "webhook"], 3, "ACTION_NOT_FOUND"],
    [["refs", "set", "a//b", "--content", "y"], 2, "REF_NAME_INVALID"],
    [["refs", "set", "a/b", "--content", "y", "--expect", "psg_x"], 5, "REF_MOVED"],
    [["refs", "set", "a/b", "--content", "y", "--metadata", "no"], 2, "USAGE"],
    [["refs", "set", "a/b", "--file", "/nowhere"], 3, "FILE_NOT_FOUND"],
    [["refs", "history", "none"], 3, "REF_NOT_FOUND"],
    [["refs", "hooks", "create", "a/b", "webhook"], 2, "REF_HOOK_INVALID"],
    [["refs", "hooks", "enable", "rhk_none"], 3, "REF_HOOK_NOT_FOUND"],
    [["branches", "fork", "a/HEAD", "a/x"], 3, "BRANCH_NOT_FOUND"],
    [["runs", "start", "none"], 3, "PROCESSOR_NOT_FOUND"],
    [["runs", "show", "run_x"], 3, "RUN_NOT_FOUND"],
    [["refs", "outbox", "retry", "obx_x"], 3, "WEBHOOK_NOT_FOUND"],
    [["scopes", "show", "none"], 3, "SCOPE_NOT_FOUND"],
    [["refs", "actions", "remove", "none"], 3, "ACTION_NOT_FOUND"],
  ] as const;
  const answers = await Promise.all(cases.map(([args]) => h.run(...args, "--json")));
  expect(answers.map((answer, place) => [cases[place]?.[0].join(" "), answer.code, answer.error().code])).toEqual(cases.map(([args, exit, code]) => [args.join(" "), exit, code]));
  expect((await h.json<unknown[]>("refs", "history", "a/b")).length).toBe(1);
}, 60_000);

test("hooks on refs: create, list, disable, enable, delete; --no-hooks; a dry run prints the ordered plan; why and stats know", async () => {
  using h = home();
  await h.json("scopes", "create", "s", "--refs", "a/*");
  const first = await h.json<{ id: string }>("refs", "hooks", "create", "a/b", "refresh_scope", "--config", "scope_name=s");
  await h.json("refs", "hooks", "create", "a/b", "webhook", "--config", '{"url":"https://example.com/x","headers":{"X":"1"}}');
  const off = await h.json<{ id: string }>("refs", "hooks", "create", "a/b", "audit_log", "--config", "destination=log", "--disabled");
  const listed = async (...args: string[]): Promise<string[]> => (await h.json<{ action_type: string }[]>("refs", "hooks", "list", ...args)).map(({ action_type }) => action_type);
  expect([await listed(), await listed("--all", "--ref", "a/b"), await listed("--action", "webhook")]).toEqual([["refresh_scope", "webhook"], ["refresh_scope", "webhook", "audit_log"], ["webhook"]]);
  const plan = await h.run("refs", "set", "a/b", "--content", "x", "--dry-run", "--human");
  expect(plan.out).toMatch(/\[dry run\] a\/b is at .*\n\s+1\. refresh_scope rhk_\w+: scope s is version 2, 1 passage .*\n\s+2\. webhook rhk_\w+: webhook obx_\w+ to example.com, after the commit/);
  expect(await h.json<unknown[]>("refs", "list")).toEqual([]);
  const set = await h.json("refs", "set", "a/b", "--content", "x");
  expect([set.executions.map(({ outcome }) => outcome), set.webhooks]).toEqual([["done", "done"], 1]);
  const silent = await h.json("refs", "set", "a/b", "--content", "y", "--no-hooks");
  expect([silent.updates[0]?.hooks, silent.executions]).toEqual(["off", []]);
  expect(await h.json("refs", "hooks", "enable", off.id)).toMatchObject({ enabled: true, changed: true });
  expect(await h.json("refs", "hooks", "disable", first.id)).toMatchObject({ enabled: false, changed: true });
  expect(await h.json("refs", "hooks", "delete", off.id)).toMatchObject({ id: off.id });
  expect(await listed("--all")).toEqual(["refresh_scope", "webhook"]);
  expect(await h.json("refs", "hooks", "show", first.id.slice(0, -1))).toMatchObject({ id: first.id, executions: [{ outcome: "done" }] });
  expect(await h.json<unknown>("refs", "hooks", "stats")).toMatchObject([{ outcomes: { done: 1 } }, { outcomes: { done: 1 } }]);
  expect(await h.json<unknown>("why", `ref:${set.transaction_id}`)).toMatchObject({ ref_hooks: [{ action_type: "refresh_scope" }, { action_type: "webhook" }] });
  const [webhook] = await h.json<{ id: string }[]>("refs", "outbox", "list", "--status", "pending");
  expect(await h.json("refs", "outbox", "cancel", webhook?.id ?? "")).toMatchObject({ status: "cancelled" });
}, 60_000);

test("a row inserted by hand with a time that is none is listed beside the others", async () => {
  using h = home();
  await h.json("refs", "hooks", "create", "a", "audit_log", "--config", "destination=log");
  const db = new Database(join(h.path, "state", "nexus.db"));
  db.run(`INSERT INTO passage_ref_hooks (ref_name, action_type, config, created_at) VALUES ('a', 'audit_log', '{"destination":"x"}', 1796063051000000000)`);
  db.close();
  expect((await h.json<{ created_at: string }[]>("refs", "hooks", "list"))[1]?.created_at).toBe("1796063051000000000");
  expect((await h.run("refs", "hooks", "list", "--human")).out).toContain("1796063051000000000");
}, 60_000);

test("a failing hook: the error names it, exits 1, and `why` says what its update did", async () => {
  using h = home();
  writeFileSync(join(h.path, "censor.ts"), "export default ({ passage }: RefActionContext): RefResult => { if (passage.content.includes('bad')) throw new Error('no bad words'); return {}; };\n");
  expect((await h.run("refs", "actions", "register", "censor", join(h.path, "censor.ts"), "--human")).out).toContain("Action censor registered");
  await h.json("refs", "hooks", "create", "a/b", "audit_log", "--config", "destination=log");
  const hook = await h.json<{ id: string }>("refs", "hooks", "create", "a/b", "censor");
  const failed = await h.run("refs", "set", "a/b", "--content", "bad", "--json");
  expect(failed.code).toBe(1);
  const error = failed.error() as ReturnType<Answer["error"]> & { hook_id: string; transaction_id: string; hook_error: object };
  expect(error).toMatchObject({ code: "REF_HOOK_FAILED", hook_id: hook.id, hook_error: { message: "no bad words" } });
  expect(error.message).toContain("no bad words; the update was undone");
  expect(await h.json<unknown>("why", error.transaction_id)).toMatchObject({ undone: true, ref_hooks: [{ outcome: "undone" }, { outcome: "failed", error: "no bad words" }] });
  expect(await h.json<unknown>("audit", "verify")).toMatchObject({ ok: true, rows: 0 });
  await h.json("refs", "set", "a/b", "--content", "good");
  expect((await h.run("refs", "actions", "remove", "censor", "--json")).error().code).toBe("HANDLER_IN_USE");
}, 60_000);

test("branches: create, fork, list, show, promote, delete", async () => {
  using h = home();
  await h.json("branches", "create", "agent/HEAD", "--main", "--description", "what counts");
  await h.json("refs", "set", "agent/human/HEAD", "--content", "one");
  expect((await h.json("branches", "fork", "agent/HEAD", "agent/exp")).updates).toMatchObject([{ ref_name: "agent/human/exp", hooks: "off" }]);
  await h.json("refs", "set", "agent/human/exp", "--content", "two");
  expect((await h.json<{ name: string }[]>("branches", "list", "agent/")).map(({ name }) => name)).toEqual(["HEAD", "exp"]);
  expect(await h.json("branches", "show", "agent/exp")).toMatchObject({ parent: "agent/HEAD", hooks_enabled: false, refs: [{ name: "agent/human/exp" }] });
  expect((await h.json("branches", "promote", "agent/exp", "agent/HEAD", "--dry-run")).dry_run).toBe(true);
  expect((await h.json("branches", "promote", "agent/exp", "agent/HEAD")).updates).toMatchObject([{ ref_name: "agent/human/HEAD" }]);
  expect((await h.run("branches", "delete", "agent/HEAD", "--json")).error().code).toBe("BRANCH_IS_MAIN");
  expect((await h.json("branches", "delete", "agent/exp", "--refs")).updates).toHaveLength(1);
}, 60_000);

// switch: mutant an-outbox-of-its-own
test("with a daemon that is killed again and again: each committed update's webhook arrives, no other; each run counts once", async () => {
  using h = home();
  const heard: string[] = [];
  let kill: () => void = () => undefined;
  using server = Bun.serve({
    port: 0, hostname: "127.0.0.1",
    fetch: async (request) => {
      heard.push(((await request.json()) as { update_id: string }).update_id);
      if (heard.length % 3 === 1) kill();
      return new Response("ok");
    },
  });
  writeFileSync(join(h.path, "config.toml"), "isolation = \"process\"\n[refs]\nwebhook_private = true\nrun_attempts = 20\n");
  writeFileSync(join(h.path, "made.ts"), "export default ({ run, refs }: ProcessorContext): RefResult => ({ emit: [{ type: 'ref_set', channel: 'ref', content: refs.passage(run.input.passage_id).content, metadata: { ref_name: 'made/' + run.id } }] });\n");
  writeFileSync(join(h.path, "odd.ts"), "export default ({ passage }: RefActionContext): RefResult => { if (passage.content.endsWith('3')) throw new Error('no'); return {}; };\n");
  await h.json("runs", "processors", "register", "made", join(h.path, "made.ts"));
  await h.json("refs", "actions", "register", "odd", join(h.path, "odd.ts"));
  await h.json("refs", "hooks", "create", "a", "webhook", "--config", `url=http://127.0.0.1:${server.port}/x`);
  await h.json("refs", "hooks", "create", "a", "trigger_run", "--config", "processor_type=made");
  await h.json("refs", "hooks", "create", "a", "odd");
  const committed: string[] = [];
  for (let round = 0; round < 4; round += 1) {
    await using served = new Served(h.path);
    const ended = new Promise<void>((resolve) => void (kill = () => void served.end("SIGKILL").then(() => resolve())));
    await served.until(({ event }) => event === "started");
    const answers = await Promise.all([1, 2, 3].map((n) => h.run("refs", "set", "a", "--content", `${round}-${n}`, "--json")));
    for (const answer of answers) if (answer.code === 0) committed.push(answer.json<Outcome>().transaction_id);
    await ended;
  }
  kill = () => undefined;
  expect((await h.run("serve", "--once")).code).toBe(0);
  expect(committed).toHaveLength(8);
  expect([...new Set(heard)].sort()).toEqual([...committed].sort());
  const runs = await h.json<{ status: string; id: string }[]>("runs", "list", "--last", "100");
  expect(runs.map(({ status }) => status)).toEqual(committed.map(() => "done"));
  const made = await h.json<{ name: string }[]>("refs", "list", "made/");
  expect(made.map(({ name }) => name).sort()).toEqual(runs.map(({ id }) => `made/${id}`).sort());
  for (const { name } of made) expect(await h.json<unknown[]>("refs", "history", name)).toHaveLength(1);
}, 120_000);
