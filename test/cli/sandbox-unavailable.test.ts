import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { selfCommand } from "../../src/engine/runtime/self-command.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const STRACE = "/usr/bin/strace";
/** strace may be missing, or forbidden in a container. */
const traces = existsSync(STRACE) && (await Bun.spawn([STRACE, "-o", "/dev/null", "/bin/true"], { stdout: "ignore", stderr: "ignore" }).exited) === 0;

/** The command where the kernel says no to Landlock, and to new namespaces. */
async function withoutSandbox(home: string, ...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const inject = ["-e", "trace=landlock_create_ruleset,clone", "-e", "inject=landlock_create_ruleset:error=ENOSYS", "-e", "inject=clone:error=EPERM"];
  const child = Bun.spawn([STRACE, "-f", "-o", "/dev/null", ...inject, ...selfCommand(), ...args], {
    env: { PATH: process.env["PATH"] ?? "", HOME: home, NEXUS_HOME: home },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  return { code, out, err };
}

describe.skipIf(!traces)("on a machine without any sandbox (needs strace)", () => {
  // switch: mutant sandbox-fails-closed
  test("isolation = sandbox does not start the daemon; auto does, without one", async () => {
    using home = tempHome();
    const script = join(home.path, "any.ts");
    writeFileSync(script, "export default () => ({ fire: true });\n", { mode: 0o644 });
    expect((await nexus(home.path, ["hooks", "register", script])).code).toBe(0);
    await nexus(home.path, ["events", "emit", "--content", "x"]);
    writeFileSync(join(home.path, "config.toml"), 'isolation = "sandbox"\n');
    const refused = await withoutSandbox(home.path, "serve", "--once", "--json");
    expect(refused.code).toBe(4);
    expect(refused.out).toBe("");
    expect(JSON.parse(refused.err)).toMatchObject({ error: { code: "SANDBOX_UNAVAILABLE", message: expect.stringMatching(/landlock: .*no Landlock; bubblewrap: ./) } });
    expect((await nexus(home.path, ["hooks", "invocations", "any", "--json"])).json<unknown[]>()).toEqual([]);
    writeFileSync(join(home.path, "config.toml"), 'isolation = "auto"\n');
    expect((await withoutSandbox(home.path, "serve", "--once")).code).toBe(0);
    const rows = (await nexus(home.path, ["hooks", "invocations", "any", "--json"])).json<{ outcome: string }[]>();
    expect(rows.map(({ outcome }) => outcome)).toContain("fired");
  }, 60_000);
});
