import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const AGENT = { NEXUS_AGENT_ID: "atlas", NEXUS_SESSION_ID: "abc123", NEXUS_THREAD_ID: "", NEXUS_PERSONA: "default" };

function script(home: string, name: string, body: string): string {
  const path = join(home, `${name}.ts`);
  writeFileSync(path, `export default async function (ctx: HookContext): Promise<HookResult> { ${body} }\n`);
  return path;
}

test("an agent's way through the life of a hook, as the specification tells it", async () => {
  using home = tempHome();
  const v1 = script(home.path, "casey-safety-check", "return { fire: false };");
  const v2 = script(home.path, "second", "return { fire: true };");
  const register = ["hooks", "register", v1, "--name", "Casey Safety Check", "--mode", "one-shot", "--description", "Fire if Casey is not home by 3am"];
  const registered = await nexus(home.path, [...register, "--human"], { env: AGENT });
  expect(registered).toMatchObject({ code: 0, err: "" });
  expect(registered.out).toMatch(/^✓ Hook registered: casey-safety-check\n {2}ID: hook_[0-9A-Z]{26}\n {2}Status: active\n {2}Mode: one-shot\n {2}Created by: atlas \(session: abc123\)\n$/);

  // An agent behind a pipe reads JSON without asking for it.
  const again = await nexus(home.path, register, { env: AGENT });
  expect(again).toMatchObject({ code: 0 });
  expect(again.json()).toMatchObject({ slug: "casey-safety-check", changed: false, created_by_agent: "atlas", created_by_session: "abc123", created_by_persona: "default" });
  expect(again.json()).not.toHaveProperty("created_by_thread");

  const conflict = await nexus(home.path, ["hooks", "register", v2, "--name", "Casey Safety Check", "--json"]);
  expect(conflict.code).toBe(5);
  expect(conflict.error()).toMatchObject({ code: "HOOK_EXISTS", hint: expect.stringContaining("nexus hooks update casey-safety-check") });

  const updated = await nexus(home.path, ["hooks", "update", "casey-safety-check", v2, "--json"]);
  expect(updated.json()).toMatchObject({ version: 2, changed: true, name: "Casey Safety Check", mode: "one-shot", description: "Fire if Casey is not home by 3am" });
  expect((await nexus(home.path, ["hooks", "rollback", "casey-safety-check", "--json"])).json()).toMatchObject({ version: 3 });
  const versions = (await nexus(home.path, ["hooks", "versions", "casey-safety-check", "--json"])).json<{ version: number; current: boolean; script_hash: string }[]>();
  expect(versions.map(({ version, current }) => [version, current])).toEqual([[3, true], [2, false], [1, false]]);
  expect(versions[0]?.script_hash).toBe(versions[2]?.script_hash ?? "");

  expect((await nexus(home.path, ["hooks", "disable", "casey-safety-check", "--reason", "Testing", "--json"])).json()).toMatchObject({ status: "disabled", disabled_reason: "Testing" });
  expect((await nexus(home.path, ["hooks", "list", "--status", "active", "--json"])).json<unknown[]>()).toEqual([]);
  expect((await nexus(home.path, ["hooks", "enable", "casey-safety-check", "--json"])).json()).toMatchObject({ status: "active", changed: true });
  expect((await nexus(home.path, ["hooks", "enable", "casey-safety-check", "--json"])).json()).toMatchObject({ changed: false });
  expect((await nexus(home.path, ["hooks", "list", "--created-by", "atlas", "--json"])).json<{ slug: string }[]>().map(({ slug }) => slug)).toEqual(["casey-safety-check"]);

  const info = await nexus(home.path, ["hooks", "info", "casey-safety-check"]);
  for (const line of ["Hook: casey-safety-check", "  Status: active", "  Mode: one-shot", "  Created by: atlas", "  Session: abc123", "  Stats (last 24h):", "    Invocations: 0", "    Fires: 0", "    Errors: 0"]) expect(info.out).toContain(`${line}\n`);
  writeFileSync(v1, "export default () => undefined;");
  expect((await nexus(home.path, ["hooks", "info", "casey-safety-check", "--json"])).json()).toMatchObject({ drift: "changed" });

  const { id } = (await nexus(home.path, ["hooks", "delete", "casey-safety-check", "--json"])).json<{ id: string }>();
  expect((await nexus(home.path, ["hooks", "info", "casey-safety-check", "--json"])).code).toBe(3);
  expect((await nexus(home.path, ["hooks", "list", "--deleted", "--json"])).json<unknown[]>()).toHaveLength(1);
  expect((await nexus(home.path, ["hooks", "restore", id.slice(5, 20).toLowerCase(), "--json"])).json()).toMatchObject({ slug: "casey-safety-check", status: "active" });
}, 30_000);

test("--dry-run says what would happen and changes nothing", async () => {
  using home = tempHome();
  const path = script(home.path, "dry", "return { fire: false };");
  expect((await nexus(home.path, ["hooks", "register", path, "--dry-run", "--json"])).json()).toMatchObject({ slug: "dry", changed: true, dry_run: true });
  expect((await nexus(home.path, ["hooks", "info", "dry", "--json"])).code).toBe(3);
  await nexus(home.path, ["hooks", "register", path]);
  const before = (await nexus(home.path, ["hooks", "info", "dry", "--json"])).out;
  for (const command of [["disable"], ["delete"], ["enable"]]) expect((await nexus(home.path, ["hooks", ...command, "dry", "--dry-run"])).code).toBe(0);
  expect((await nexus(home.path, ["hooks", "info", "dry", "--json"])).out.replaceAll(/"since":"[^"]+"/g, "")).toBe(before.replaceAll(/"since":"[^"]+"/g, ""));
}, 20_000);

test("type findings warn at registration, refuse with --strict, and fail validate with a position", async () => {
  using home = tempHome();
  const path = script(home.path, "loose", "const n: number = ctx.event.content; return { fire: n > 1 };");
  const validated = await nexus(home.path, ["hooks", "validate", path, "--json"]);
  expect(validated.code).toBe(6);
  expect(validated.json<{ ok: boolean; findings: { code: string; line: number; column: number }[] }[]>()[0]).toMatchObject({ ok: false, findings: [{ code: expect.stringMatching(/^TS\d+$/), line: 1 }] });
  const strict = await nexus(home.path, ["hooks", "register", path, "--strict", "--json"]);
  expect([strict.code, strict.error().code]).toEqual([6, "SCRIPT_TYPES"]);
  const warned = await nexus(home.path, ["hooks", "register", path]);
  expect(warned.code).toBe(0);
  expect(warned.err).toContain("warning: ");
}, 20_000);
