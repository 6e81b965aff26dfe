import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probeMechanism } from "../../src/engine/runtime/sandbox/probe-mechanism.ts";

const binary = join(import.meta.dir, "..", "..", "dist", "nexus");
const probes = await Promise.all([probeMechanism("landlock"), probeMechanism("bubblewrap")]);

test.skipIf(!probes.some(({ works }) => works))("the compiled program keeps hooks in a sandbox: a secret is refused, the database is read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nexus-binary-sandbox-"));
  try {
    const secret = join(folder, "secret.txt");
    writeFileSync(secret, "secret");
    const script = join(folder, "reads.ts");
    const home = join(folder, "home");
    writeFileSync(script, `import { readFileSync } from "node:fs";\nexport default (ctx) => ({ fire: ctx.ledger.query("SELECT count(*) AS n FROM events")[0].n > 0 && readFileSync(${JSON.stringify(secret)}, "utf8") === "secret" });\n`, { mode: 0o644 });
    const nexus = async (...args: string[]): Promise<string> => {
      const child = Bun.spawn([binary, ...args], { cwd: folder, env: { PATH: process.env["PATH"] ?? "", HOME: folder, NEXUS_HOME: home }, stdin: "ignore", stdout: "pipe", stderr: "inherit" });
      const out = await new Response(child.stdout).text();
      expect(await child.exited).toBe(0);
      return out;
    };
    const outcome = async (): Promise<unknown> => {
      await nexus("events", "emit", "--content", "x");
      await nexus("serve", "--once");
      return (JSON.parse(await nexus("hooks", "invocations", "reads", "--last", "1", "--json")) as unknown[])[0];
    };
    await nexus("hooks", "register", script);
    expect(await outcome()).toMatchObject({ outcome: "error", error: expect.stringContaining(`the sandbox does not let this hook open ${secret}`) });
    writeFileSync(join(home, "config.toml"), 'isolation = "process"\n');
    expect(await outcome()).toMatchObject({ outcome: "fired" });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
