import { expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { probeMechanism } from "../../src/engine/runtime/sandbox/probe-mechanism.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

const probes = await Promise.all([probeMechanism("landlock"), probeMechanism("bubblewrap")]);
const hasSandbox = probes.some(({ works }) => works);

function scripts(): { write: (name: string, text: string) => string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "nexus-scripts-"));
  return {
    write: (name, text) => {
      writeFileSync(join(path, name), text, { mode: 0o644 });
      return join(path, name);
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

test("permissions are shown at registration, kept with the version, and a change of them is told", async () => {
  using home = tempHome();
  using folder = scripts();
  const text = (permissions: string): string => `export const hook = { name: "reaches", ${permissions} handler: () => ({ fire: false }) };\n`;
  const path = folder.write("reaches.ts", text('permissions: { net: ":443", run: ["sh"], read: ["/usr/share/../share/zoneinfo/"] },'));
  const registered = await nexus(home.path, ["hooks", "register", path]);
  expect(registered.out).toMatch(/Permissions: read \/usr\/share\/zoneinfo; net :443; run \/\S+\/sh\n/);
  folder.write("reaches.ts", text(""));
  const updated = await nexus(home.path, ["hooks", "update", "reaches", path]);
  expect(updated.out).toMatch(/Permissions: read .* → none/);
  expect((await nexus(home.path, ["hooks", "rollback", "reaches"])).out).toMatch(/Permissions: none → read /);
  expect((await nexus(home.path, ["hooks", "info", "reaches", "--json"])).json()).toMatchObject({ permissions: { net: [":443"], read: ["/usr/share/zoneinfo"] } });
  const versions = (await nexus(home.path, ["hooks", "versions", "reaches", "--json"])).json<{ permissions: object }[]>();
  expect(versions.map(({ permissions }) => Object.keys(permissions).length)).toEqual([3, 0, 3]);
}, 60_000);

test("what cannot be enforced cannot be declared, and the message says why", async () => {
  using home = tempHome();
  using folder = scripts();
  const refused = async (permissions: string): Promise<string> => {
    const path = folder.write("bad.ts", `export const hook = { permissions: ${permissions}, handler: () => ({ fire: false }) };\n`);
    const { code, err } = await nexus(home.path, ["hooks", "register", path]);
    expect(code).toBe(6);
    return err;
  };
  expect(await refused('{ net: ["api.example.com"] }')).toContain("the kernel sees addresses and not names");
  expect(await refused('{ read: "notes" }')).toContain("expected an absolute path");
  expect(await refused('{ read: "/" }')).toContain("expected a folder below");
  expect(await refused('{ run: "no-such-program-here" }')).toContain("no folder of PATH has such a program");
  expect(await refused('{ reads: "/x" }')).toContain("did you mean `permissions.read`");
  // The home of these tests is HOME itself.
  expect(await refused(`{ read: ${JSON.stringify(join(home.path, "state"))} }`)).toContain("nexus's own folder");
  expect(await refused(`{ write: ${JSON.stringify(tmpdir())} }`)).toContain("nexus's own folder");
}, 60_000);

test("tags declare permissions, and what seems undeclared is a hint", async () => {
  using home = tempHome();
  using folder = scripts();
  const tagged = folder.write("tagged.ts", `/** @name tagged\n * @allow_net :443, :80\n */\nexport default async () => { await fetch("https://example.com"); return { fire: false }; };\n`);
  const first = await nexus(home.path, ["hooks", "register", tagged, "--json"]);
  expect(first.json()).toMatchObject({ permissions: { net: [":443", ":80"] }, warnings: [] });
  const silent = folder.write("silent.ts", `import { writeFileSync } from "node:fs";\nexport default async () => { writeFileSync("/tmp/x", await (await fetch("https://example.com")).text()); Bun.spawn(["ls"]); return { fire: false }; };\n`);
  const second = await nexus(home.path, ["hooks", "register", silent, "--json"]);
  const { warnings } = second.json<{ warnings: { code: string; message: string }[] }>();
  expect(warnings.map(({ code }) => code)).toEqual(["PERMISSION_HINT", "PERMISSION_HINT", "PERMISSION_HINT"]);
  expect(warnings.map(({ message }) => /permissions\.\w+/.exec(message)?.[0])).toEqual(["permissions.net", "permissions.write", "permissions.run"]);
}, 60_000);

test.skipIf(!hasSandbox)("registration loads a script inside the sandbox: its top-level code reads and writes nothing", async () => {
  using home = tempHome();
  using folder = scripts();
  const target = folder.write("target.txt", "secret");
  const reads = folder.write("reads.ts", `import { readFileSync } from "node:fs";\nconst text = readFileSync(${JSON.stringify(target)}, "utf8");\nexport default () => ({ fire: text === "" });\n`);
  const refused = await nexus(home.path, ["hooks", "register", reads]);
  expect(refused.code).toBe(6);
  expect(refused.err).toContain("SCRIPT_LOAD");
  writeFileSync(join(home.path, "config.toml"), 'isolation = "process"\n');
  expect((await nexus(home.path, ["hooks", "register", reads])).code).toBe(0);
}, 60_000);

test.skipIf(!hasSandbox)("serve runs hooks inside the sandbox by default, and outside with isolation = process", async () => {
  using home = tempHome();
  using folder = scripts();
  const target = folder.write("target.txt", "secret");
  const reads = folder.write("reads.ts", `import { readFileSync } from "node:fs";\nexport default () => ({ fire: readFileSync(${JSON.stringify(target)}, "utf8") === "secret" });\n`);
  await nexus(home.path, ["hooks", "register", reads]);
  const outcome = async (): Promise<{ outcome: string; error?: string }> => {
    await nexus(home.path, ["events", "emit", "--content", "x"]);
    expect((await nexus(home.path, ["serve", "--once"])).code).toBe(0);
    const [last] = (await nexus(home.path, ["hooks", "invocations", "reads", "--last", "1", "--json"])).json<{ outcome: string; error?: string }[]>();
    return last ?? { outcome: "none" };
  };
  expect(await outcome()).toMatchObject({ outcome: "error", error: expect.stringContaining("declare permissions.read") });
  writeFileSync(join(home.path, "config.toml"), 'isolation = "process"\n');
  expect(await outcome()).toMatchObject({ outcome: "fired" });
}, 60_000);
