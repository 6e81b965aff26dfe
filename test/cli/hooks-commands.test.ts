import { expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hookBySlug, saveRuntimeState } from "../../src/engine/store/hooks.ts";
import { openStore } from "../../src/engine/store/open.ts";
import type { Answer } from "../helpers/nexus-command.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

interface Place {
  readonly home: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Answer>;
  script(name: string, text: string): string;
  [Symbol.dispose](): void;
}

/** A home beside the scripts, so that what is made in it can be told from them (and from Bun's own cache in $HOME). */
function place(): Place {
  const folder = tempHome();
  const home = join(folder.path, "home");
  return {
    home,
    run: (args, env = {}) => nexus(home, args, { env: { HOME: folder.path, ...env } }),
    script(name, text) {
      const path = join(folder.path, name);
      writeFileSync(path, text);
      return path;
    },
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

/** As the daemon leaves a hook that failed five times. */
function openBreaker(home: string, slug: string): void {
  const store = openStore(home);
  const hook = hookBySlug(store, slug);
  if (hook === undefined) throw new Error(`no hook ${slug}`);
  store.write(() => saveRuntimeState(store, { ...hook, status: "paused", consecutive_errors: 5, circuit_state: "open", circuit_opened_at: 1_700_000_000_000, last_error: "boom" }));
  store.close();
}

const QUIET = "export default async () => ({ fire: false });\n";
const LOUD = "export default async () => ({ fire: true });\n";
const REMINDER = `/** @name Reminder\n * @mode one-shot */\n${QUIET}`;

test("a dry run of the first registration does not even make the home", async () => {
  using at = place();
  const path = at.script("first.ts", QUIET);
  const told = await at.run(["hooks", "register", path, "--dry-run"]);
  expect(told).toMatchObject({ code: 0, out: "✓ [dry run] Hook registered: first\n  Status: active\n  Mode: persistent\n", err: "" });
  const json = (await at.run(["hooks", "register", path, "--dry-run", "--json"])).json();
  expect(json).toMatchObject({ slug: "first", changed: true, dry_run: true, script_path: join(at.home, "state", "hooks", `${String(json["script_hash"])}.mjs`) });
  expect(existsSync(at.home)).toBe(false);
}, 20_000);

test("what is refused at registration has its exit code, and makes nothing", async () => {
  using at = place();
  const refused: [path: string, flags: string[], code: number, name: string][] = [
    [join(at.home, "nowhere.ts"), [], 3, "SCRIPT_NOT_FOUND"],
    [at.script("broken.ts", "export default async ( => {"), [], 6, "SCRIPT_PARSE"],
    [at.script("nothing.ts", "export const n = 1;"), [], 6, "SIGNATURE_INVALID"],
    [at.script("fine.ts", QUIET), ["--mode", "sometimes"], 2, "USAGE"],
    [at.script("typed.ts", "export default async (ctx: HookContext) => ({ fire: ctx.nonsense });"), ["--strict"], 6, "SCRIPT_TYPES"],
  ];
  for (const [path, flags, code, name] of refused) {
    const answer = await at.run(["hooks", "register", path, ...flags, "--json"]);
    expect([answer.code, answer.out, answer.error().code]).toEqual([code, "", name]);
  }
  expect(existsSync(at.home)).toBe(false);
}, 30_000);

test("an update says what else it changed: name, mode, breaker, state", async () => {
  using at = place();
  await at.run(["hooks", "register", at.script("reminder.ts", REMINDER)]);
  openBreaker(at.home, "reminder");
  expect((await at.run(["hooks", "info", "reminder"])).out).toContain("  Breaker: open since 2023-11-14T22:13:20Z, after 5 errors in a row; `nexus hooks enable reminder` closes it\n  Last error: boom\n");
  const updated = await at.run(["hooks", "update", "reminder", at.script("other.ts", LOUD), "--name", "Other", "--mode", "persistent"]);
  expect(updated.out).toBe(
    [
      "✓ Hook updated: reminder is now version 2",
      "  Name: Reminder → Other",
      "  Mode: one-shot → persistent",
      "  Status: paused → active",
      "  Breaker: closed (it was open); new code starts afresh",
      "  State: begins empty (--keep-state carries it over)",
      "",
    ].join("\n"),
  );
  expect((await at.run(["hooks", "update", "reminder", join(at.home, "..", "other.ts")])).out).toBe("· Hook unchanged: reminder stays at version 2\n");
  expect((await at.run(["hooks", "rollback", "reminder", "--keep-state"])).out).toContain("✓ Hook rolled back: reminder is now version 3 (= version 1)\n  Name: Other → Reminder\n  Mode: persistent → one-shot\n  State: carried over from version 2\n");
  expect((await at.run(["hooks", "rollback", "reminder", "--to", "1"])).out).toBe("· Hook unchanged: reminder is version 3 (= version 1)\n");
  const none = await at.run(["hooks", "rollback", "reminder", "--to", "9", "--json"]);
  expect([none.code, none.error()]).toMatchObject([3, { code: "VERSION_NOT_FOUND", message: "reminder has no version 9; it has 1, 2, 3" }]);
}, 30_000);

test("an unknown hook is told before its new script is looked at", async () => {
  using at = place();
  await at.run(["hooks", "register", at.script("known.ts", QUIET)]);
  const answer = await at.run(["hooks", "update", "knwon", "/nowhere.ts", "--json"]);
  expect([answer.code, answer.error()]).toMatchObject([3, { code: "HOOK_NOT_FOUND", did_you_mean: ["known"] }]);
  const ambiguous = await at.run(["hooks", "register", at.script("second.ts", QUIET)]).then(() => at.run(["hooks", "delete", "hook_0", "--json"]));
  expect([ambiguous.code, ambiguous.error().code]).toEqual([2, "HOOK_AMBIGUOUS"]);
  expect((await at.run(["hooks", "list", "--quiet"])).out).toBe("known\nsecond\n");
}, 20_000);

test("info shows the triggers, the schedule and the limits in words", async () => {
  using at = place();
  const path = at.script(
    "mail.ts",
    `export const hook = {
      name: "mail", triggers: { event: { channels: ["email", "sms"], metadata: { "repository.name": ["a b", "c"] } }, principal: { type: "known" } },
      schedule: { cron: "0 9 * * 1-5", timezone: "Europe/Rome", catch_up: "skip" }, limits: { throttle: { count: 3, per_ms: 60000 } },
      handler: async () => ({ fire: false }),
    };\n`,
  );
  const env = { NEXUS_AGENT_ID: "atlas", NEXUS_SESSION_ID: "s1", NEXUS_THREAD_ID: "t1", NEXUS_PERSONA: "" };
  const registered = await at.run(["hooks", "register", path], env);
  const id = String(registered.json()["id"]);
  const { out } = await at.run(["hooks", "info", "mail"]);
  expect(out.replace(/Created: \S+/, "Created: TIME").replace(/[0-9a-f]{64}/, "SHA256").replaceAll(at.home, "HOME").replace(path, "PATH").replace(id, "ID")).toBe(`Hook: mail
  ID: ID
  Status: active
  Mode: persistent
  Version: 1

  Created: TIME
  Created by: atlas
  Session: s1
  Thread: t1

  Triggers: principal.type known, event.channels email or sms, event.metadata.repository.name "a b" or c
  Schedule: cron "0 9 * * 1-5" in Europe/Rome, catch-up skip
  Limits: timeout_ms 30000, concurrency 1, memory_mb 256, llm_calls 10, max_fires_per_hour 10000, throttle 3 per 60000 ms

  Stats (last 24h):
    Invocations: 0
    Fires: 0
    Errors: 0
    Avg latency: -

  Script: HOME/state/hooks/SHA256.mjs
  Source: PATH
`);
  expect((await at.run(["hooks", "info", "mail", "--quiet"])).out).toBe(`${id}\n`);
  writeFileSync(path, LOUD);
  expect((await at.run(["hooks", "info", "mail"])).out).toContain(`  Source: ${path} (changed since it was registered; the script above runs)\n    \`nexus hooks update mail ${path}\` takes it over\n`);
}, 20_000);

test("list shows columns, filters, and deleted hooks with what restores them", async () => {
  using at = place();
  const none = await at.run(["hooks", "list", "--json"]);
  expect([none.code, none.out, existsSync(at.home)]).toEqual([3, "", false]);
  for (const name of ["one", "two"]) await at.run(["hooks", "register", at.script(`${name}.ts`, `/** @description The ${name} */\n${QUIET}`)], { NEXUS_AGENT_ID: name });
  await at.run(["hooks", "disable", "two", "--reason", "quiet\u001b[2J please"]);
  expect((await at.run(["hooks", "list"])).out).toBe(
    ["Hook  Status    Mode        Version  Fires  Last fired  Created by  Description", "one   active    persistent  v1       0      -           one         The one", "two   disabled  persistent  v1       0      -           two         The two", ""].join("\n"),
  );
  expect((await at.run(["hooks", "info", "two"])).out).toContain("  Status: disabled (quiet\\u001b[2J please)\n");
  expect((await at.run(["hooks", "list", "--status", "disabled", "--quiet"])).out).toBe("two\n");
  expect((await at.run(["hooks", "list", "--created-by", "one", "--quiet"])).out).toBe("one\n");
  const wrong = await at.run(["hooks", "list", "--status", "sleeping", "--json"]);
  expect([wrong.code, wrong.error().code]).toEqual([2, "USAGE"]);
  expect((await at.run(["hooks", "delete", "two"])).out).toMatch(/^✓ Hook deleted: two\. Its history stays; `nexus hooks restore hook_\w+` brings it back\.\n$/);
  const deleted = await at.run(["hooks", "list", "--deleted"]);
  expect(deleted.out).toMatch(/^Hook {2}ID +Deleted +Status +Version +Created by +Description\ntwo {3}hook_\w{26} {2}\d{4}-[^ ]+Z {2}disabled {2}v1 +two +The two\n$/);
  expect((await at.run(["hooks", "restore", "two"])).out).toBe("✓ Hook restored: two, disabled as it was. `nexus hooks enable two` lets it see events.\n");
  expect((await at.run(["hooks", "enable", "two"])).out).toBe("✓ Hook enabled: two. It sees events from now on.\n");
}, 30_000);

test("validate needs no home, takes several scripts, and tells findings by file, line and column", async () => {
  using at = place();
  const good = at.script("good.ts", QUIET);
  const bad = at.script("bad.ts", "export default async (ctx: HookContext) => {\n  return { fire: ctx.event.content > 3 };\n};\n");
  const staged = at.script("staged.ts", '/** @stage afterReceiveEvent @priority 3 @required */\nexport default async () => ({ fire: false });\n');
  const fine = await at.run(["hooks", "validate", good]);
  expect(fine).toMatchObject({ code: 0, out: `✓ ${good}\n`, err: "" });
  const mixed = await at.run(["hooks", "validate", good, bad]);
  expect(mixed.code).toBe(6);
  expect(mixed.out).toMatch(new RegExp(`^✓ ${good}\n${bad}:2:\\d+ TS\\d+ `));
  const json = await at.run(["hooks", "validate", good, bad, staged, "--json"]);
  expect(json.code).toBe(6);
  expect(json.json<{ ok: boolean; hook: string }[]>().map(({ ok, hook }) => [hook, ok])).toEqual([["good", true], ["bad", false], ["staged", true]]);
  expect(json.json<object[]>()[2]).toMatchObject({ stage: "afterReceiveEvent", priority: 3, required: true });
  const missing = await at.run(["hooks", "validate", good, join(at.home, "nowhere.ts"), "--json"]);
  expect([missing.code, missing.out, missing.error().code]).toEqual([3, "", "SCRIPT_NOT_FOUND"]);
  expect(existsSync(at.home)).toBe(false);
}, 30_000);

test("a registration leaves the database and one immutable copy, nothing else", async () => {
  using at = place();
  await at.run(["hooks", "register", at.script("one.ts", QUIET)]);
  await at.run(["hooks", "register", at.script("one.ts", LOUD)]);
  expect(readdirSync(join(at.home, "state", "hooks"))).toHaveLength(1);
  expect(readdirSync(at.home)).toEqual(["state"]);
}, 20_000);
