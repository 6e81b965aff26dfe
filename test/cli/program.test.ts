import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { errorCodes } from "../../src/engine/core/errors.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

describe("a wrong command line is a USAGE error that names the nearest right one, exit code 2", () => {
  test.each<[string, string[], string, string[] | undefined]>([
    ["an unknown command", ["hook", "list"], "unknown command 'hook'", ["hooks"]],
    ["an unknown command of a group", ["hooks", "lst"], "unknown command 'lst'", ["list"]],
    ["an unknown option", ["hooks", "list", "--jsn"], "unknown option '--jsn'", ["--json"]],
    ["a missing argument", ["hooks", "info"], "missing required argument 'hook'", undefined],
    ["an argument too many", ["hooks", "list", "extra"], "too many arguments for 'list'. Expected 0 arguments but got 1: extra.", undefined],
    ["a missing command", ["hooks"], "a command is missing", undefined],
    ["an option without its value", ["hooks", "list", "--status"], "option '--status <status>' argument missing", undefined],
    ["an unknown output format", ["hooks", "list", "--output", "xml"], '--output "xml": expected json or text', undefined],
  ])("%s", async (_, args, message, near) => {
    using home = tempHome();
    const text = await nexus(home.path, args);
    expect([text.code, text.out]).toEqual([2, ""]);
    expect(text.err).toContain("[USAGE]\n");
    const json = await nexus(home.path, args, { env: { CLAUDECODE: "1" } });
    expect([json.code, json.out]).toEqual([2, ""]);
    expect(json.error()).toMatchObject({ code: "USAGE", message, retryable: false });
    if (near !== undefined) expect(json.error().did_you_mean).toEqual(near);
  });
});

test("the global options may stand before the group, before the command and after it", async () => {
  using home = tempHome();
  await nexus(home.path, ["init"]);
  for (const args of [["--json", "hooks", "list"], ["hooks", "-o", "json", "list"], ["hooks", "list", "--output=json"]]) {
    expect(await nexus("/nonexistent", ["--home", home.path, ...args])).toMatchObject({ code: 0, out: "[]\n" });
  }
});

test("the value of an option is never taken for a global option", async () => {
  using home = tempHome();
  const emitted = await nexus(home.path, ["events", "emit", "--content", "--home=/nonexistent", "--json"]);
  expect(emitted.json()).toMatchObject({ content: "--home=/nonexistent" });
});

test("a group without a command shows its commands on stderr", async () => {
  using home = tempHome();
  expect((await nexus(home.path, ["hooks"])).err).toContain("Usage: nexus hooks");
  expect((await nexus(home.path, [])).err).toContain("Usage: nexus [options]");
});

test("an agent's marker makes JSON the default behind a pipe; --human and --output text do not", async () => {
  using home = tempHome();
  for (const marker of ["NEXUS_AGENT_ID", "CLAUDECODE", "CURSOR_AGENT", "CODEX_SANDBOX"]) {
    expect((await nexus(home.path, ["explain", "USAGE"], { env: { [marker]: "1" } })).json()).toMatchObject({ code: "USAGE" });
  }
  const text = (await nexus(home.path, ["explain", "USAGE"])).out;
  expect(text).toStartWith("USAGE (exit code 2)");
  for (const args of [["--human"], ["--output", "text"]]) expect((await nexus(home.path, ["explain", "USAGE", ...args], { env: { CLAUDECODE: "1" } })).out).toBe(text);
});

test("explain knows every error code, and the nearest one to a wrong code", async () => {
  using home = tempHome();
  const all = (await nexus(home.path, ["explain", "--json"])).json<{ code: string; explanation: string }[]>();
  expect(all.map(({ code }) => code)).toEqual(errorCodes());
  expect(all.filter(({ explanation }) => explanation.length < 20)).toEqual([]);
  expect((await nexus(home.path, ["explain", "usage", "--json"])).json()).toMatchObject({ code: "USAGE", exit_code: 2 });
  const unknown = await nexus(home.path, ["explain", "USAG", "--json"]);
  expect([unknown.code, unknown.error().code, unknown.error().did_you_mean]).toEqual([3, "CODE_UNKNOWN", ["USAGE"]]);
});

test("control characters in stored data never reach the reader raw, in text or in JSON", async () => {
  using home = tempHome();
  const content = "red\u001b[31m csi\u009b31m rtl\u202e";
  await nexus(home.path, ["events", "emit", JSON.stringify({ id: "a:1", content })]);
  const text = await nexus(home.path, ["events", "list"]);
  expect(text.out).toContain("red\\u001b[31m csi\\u009b31m rtl\\u202e");
  const json = await nexus(home.path, ["events", "list", "--json"]);
  expect(json.out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
  expect(json.json<{ content: string }[]>()[0]?.content).toBe(content);
});

test("the program is parsed and helped with nothing loaded but commander and the vocabulary", () => {
  const root = join(import.meta.dir, "../..");
  const transpiler = new Bun.Transpiler({ loader: "ts" });
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    if (!path.startsWith(root) || !path.endsWith(".ts")) return;
    const imports = transpiler.scanImports(readFileSync(path, "utf8")).filter(({ kind }) => kind === "import-statement");
    for (const { path: to } of imports) visit(to.startsWith(".") ? join(dirname(path), to) : to);
  };
  visit(join(root, "src/cli/main.ts"));
  visit(join(root, "src/cli/program.ts"));
  const names = [...loaded].map((path) => (path.startsWith(root) ? relative(root, path) : path));
  expect(names).toContain("src/cli/commands.ts");
  expect(names.filter((name) => !/^(src\/cli\/[^/]+\.ts|src\/engine\/core\/[^/]+\.ts|package\.json|commander|node:.+)$/.test(name))).toEqual([]);
});
