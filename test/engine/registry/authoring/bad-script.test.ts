import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { NexusError } from "../../../../src/engine/core/errors.ts";
import { prepareScript } from "../../../../src/engine/registry/authoring/prepare-script.ts";
import { errorOf, prepareOptions, ScriptFolder } from "./script-folder.ts";

let folder: ScriptFolder;
beforeAll(() => {
  folder = new ScriptFolder();
});
afterAll(() => folder[Symbol.dispose]());

const OK = "export default () => ({ fire: false });\n";

describe("a file that is refused before it is parsed", () => {
  const refuse = (path: string): Promise<NexusError> => errorOf(prepareScript(path, prepareOptions()));

  test("one that does not exist is SCRIPT_NOT_FOUND with its absolute path", async () => {
    const error = await refuse(join(folder.path, "nowhere.ts"));
    expect(error.code).toBe("SCRIPT_NOT_FOUND");
    expect(error.message).toBe(`the script ${folder.path}/nowhere.ts does not exist`);
  });

  test("a folder, and an ending that is no script's, are refused", async () => {
    mkdirSync(join(folder.path, "folder.ts"));
    expect((await refuse(join(folder.path, "folder.ts"))).message).toContain("it is a folder");
    const error = await refuse(folder.write("hook.py", OK));
    expect(error.code).toBe("SCRIPT_REFUSED");
    expect(error.message).toContain("`.py` is not the ending of a script");
    expect(error.details.hint).toContain(".ts .mts");
  });

  test("a file that everybody may write to is refused, one of the group is a warning", async () => {
    const path = folder.write("open.ts", OK);
    chmodSync(path, 0o646);
    const error = await refuse(path);
    expect(error.code).toBe("SCRIPT_REFUSED");
    expect(error.message).toContain("everybody may write to it");
    expect(error.details.hint).toBe(`chmod o-w ${path}`);
    chmodSync(path, 0o664);
    const { findings } = await prepareScript(path, prepareOptions());
    expect(findings.map((finding) => finding.code)).toEqual(["SCRIPT_GROUP_WRITABLE"]);
  });

  test("a file of more than 1 MiB is refused, one of 1 MiB is not", async () => {
    const filled = (bytes: number): string => OK + "/".repeat(bytes - OK.length);
    expect((await folder.prepare("full.js", filled(1_048_576))).slug).toBe("full");
    const error = await folder.refusal("large.js", filled(1_048_577));
    expect(error.code).toBe("SCRIPT_REFUSED");
    expect(error.message).toContain("it has 1048577 bytes, more than 1 MiB");
  });

  test("control characters in the name are refused and never printed", async () => {
    for (const name of ["a\u0000.ts", "a\u001b[2J.ts", "a\n.ts"]) {
      const error = await refuse(join(folder.path, name));
      expect(error.code).toBe("SCRIPT_REFUSED");
      expect(error.message).toContain("control characters");
      expect(error.message).not.toMatch(/\p{Cc}/u);
    }
  });

  test("bytes that are not UTF-8 are refused", async () => {
    const path = folder.write("latin1.ts", "");
    await Bun.write(path, new Uint8Array([0x2f, 0x2f, 0xe9, 0x0a]));
    expect((await refuse(path)).message).toContain("not UTF-8");
  });

  test("a symbolic link is followed to the file that is meant", async () => {
    const target = folder.write("target/real.ts", OK);
    symlinkSync(target, join(folder.path, "link.ts"));
    const prepared = await prepareScript(join(folder.path, "link.ts"), prepareOptions());
    expect(prepared.sourcePath).toBe(target);
  });
});

describe("a script that does not parse or resolve", () => {
  test("a syntax error is SCRIPT_PARSE with file, line and column", async () => {
    const error = await folder.refusal("syntax.ts", "export default () => {\n  const x = ;\n};\n");
    expect(error.code).toBe("SCRIPT_PARSE");
    expect(error.message).toBe(`${folder.path}/syntax.ts:2:13: Unexpected ;`);
    expect(error.details.findings?.[0]).toMatchObject({ code: "SCRIPT_PARSE", line: 2, column: 13 });
  });

  test("a syntax error in an imported file names that file", async () => {
    folder.write("broken-part.ts", "export const = 1;\n");
    const error = await folder.refusal("importer.ts", `import { a } from "./broken-part";\nexport default () => ({ fire: a });`);
    expect(error.code).toBe("SCRIPT_PARSE");
    expect(error.message).toStartWith(`${folder.path}/broken-part.ts:1:`);
  });

  test("a cron expression that ends its comment is explained", async () => {
    const error = await folder.refusal("cron.ts", "/** @cron */5 * * * * */\nexport default () => {};");
    expect(error.code).toBe("SCRIPT_PARSE");
    expect(error.details.hint).toContain("`*/` ends the comment");
  });

  test("a missing relative import names the place and the nearest file", async () => {
    folder.write("lib/matcher.ts", "export const match = 1;");
    const error = await folder.refusal("imports.ts", `import { match } from "./lib/macher";\nexport default () => ({ fire: match > 0 });`);
    expect(error.code).toBe("SCRIPT_IMPORT");
    expect(error.message).toBe(`${folder.path}/imports.ts:1:23: cannot resolve the import "./lib/macher"`);
    expect(error.details.did_you_mean).toEqual(["./lib/matcher"]);
  });

  test("a missing package names the package, and every missing import is a finding", async () => {
    const error = await folder.refusal("packages.ts", `import a from "@scope/thing/deep";\nimport b from "other";\nexport default () => ({ fire: a === b });`);
    expect(error.code).toBe("SCRIPT_IMPORT");
    expect(error.details.hint).toContain("npm install @scope/thing");
    expect(error.details.findings?.map((finding) => finding.line)).toEqual([1, 2]);
  });

  test("an import of a name that the file does not export is SCRIPT_IMPORT", async () => {
    folder.write("named.ts", "export const right = 1;");
    const error = await folder.refusal("names.ts", `import { wrong } from "./named";\nexport default () => ({ fire: wrong });`);
    expect(error.code).toBe("SCRIPT_IMPORT");
    expect(error.message).toContain('"wrong"');
  });

  test("a file that cannot be part of a bundle is SCRIPT_IMPORT", async () => {
    folder.write("pixel.png", "not really");
    const error = await folder.refusal("asset.ts", `import pixel from "./pixel.png";\nexport default () => ({ fire: pixel !== "" });`);
    expect(error.code).toBe("SCRIPT_IMPORT");
    expect(error.message).toContain("pixel");
  });
});

describe("a script that does not load", () => {
  test("one that throws is SCRIPT_LOAD with its message and the author's line", async () => {
    folder.write("lib/thrower.ts", "// one\n// two\nexport function fail(): never {\n  throw new TypeError('no config');\n}\n");
    const error = await folder.refusal("throws.ts", `import { fail } from "./lib/thrower";\n\nfail();\nexport default () => ({ fire: false });`);
    expect(error.code).toBe("SCRIPT_LOAD");
    expect(error.message).toBe(`${folder.path}/lib/thrower.ts:4:13: it threw while it was loaded: TypeError: no config`);
  });

  test.each([
    ["loops", "for (;;) {}"],
    ["waits for ever", "await new Promise(() => {});"],
    ["blocks its thread", "Bun.sleepSync(60_000);"],
  ])("one that %s at import is ended at the load timeout", async (_what, code) => {
    const error = await folder.refusal("slow.js", `${code}\nexport default () => {};`, { loadTimeoutMs: 200 });
    expect(error.code).toBe("SCRIPT_LOAD");
    expect(error.message).toBe(`${folder.path}/slow.js: it did not finish loading within 200 ms`);
  });

  test("one that exits or kills its process is SCRIPT_LOAD", async () => {
    const exits = await folder.refusal("exits.js", "process.exit(0);\nexport default () => {};");
    expect(exits.message).toBe(`${folder.path}/exits.js: it ended its process with process.exit(0) while it was loaded`);
    const kills = await folder.refusal("kills.js", "process.kill(process.pid, 'SIGKILL');\nexport default () => {};");
    expect(kills.message).toBe(`${folder.path}/kills.js: it ended its process by SIGKILL while it was loaded`);
  });
});

describe("a script without one right hook", () => {
  const cases: [what: string, text: string, message: string, hint: string][] = [
    ["no export", "const x = 1; console.log(x);", "there is no hook in it; it exports nothing", "export default"],
    ["other exports only", "export const hoook = { handler() {} }; export const a = 1;", "it exports a, hoook", "export const hook"],
    ["a default object without handler", "export default { name: 'x' };", "the default export (an object) has no `handler`", "add handler"],
    ["a handler of another name", "export const hook = { name: 'x', handle() {} };", "`export const hook` has no `handler`, but a function `handle`", "rename `handle`"],
    ["a handler that is no function", "export const hook = { handler: 'run' };", "the `handler` of `export const hook` is a string, not a function", "export"],
    ["a class", "export default class Hook { handler() {} }", "the default export (a class) is a class", "export a function"],
    ["a generator", "export default function* () {}", "is a generator function", "remove the `*`"],
    ["a called function", "export default (async () => ({ fire: true }))();", "is a Promise", "not its result"],
    ["a text", "export default 'hook';", "the default export (a string) is a string, not a function", "export default"],
    ["a bare function named hook", "export const hook = () => {};", "`export const hook` is a function, not an object", "handler"],
    ["two parameters", "export default (event, ctx) => {};", "declares 2 parameters", "one argument, ctx"],
  ];
  test.each(cases)("%s is SIGNATURE_INVALID with the fix", async (_what, text, message, hint) => {
    const error = await folder.refusal("signature.js", text);
    expect(error.code).toBe("SIGNATURE_INVALID");
    expect(error.message).toContain(message);
    expect(error.details.hint).toContain(hint);
  });

  test("two forms are SIGNATURE_AMBIGUOUS and both are named", async () => {
    const error = await folder.refusal("two.js", "export const hook = { handler() {} };\nexport default () => {};");
    expect(error.code).toBe("SIGNATURE_AMBIGUOUS");
    expect(error.message).toBe(`${folder.path}/two.js exports 2 hooks: the default export (a function) and \`export const hook\``);
    const three = await folder.refusal("three.js", "export const hook = { handler() {} };\nexport const automation = { handler() {} };\nexport default { handler() {} };");
    expect(three.message).toContain("exports 3 hooks");
  });
});

test("an impossible schedule is SCHEDULE_INVALID with the file's name", async () => {
  const impossible = (): never => {
    throw new NexusError("SCHEDULE_INVALID", 'schedule.cron "61 * * * *" is not possible');
  };
  const error = await folder.refusal("schedule.js", `export const hook = { schedule: { cron: "61 * * * *" }, handler() {} };`, { validateSchedule: impossible });
  expect(error.code).toBe("SCHEDULE_INVALID");
  expect(error.message).toBe(`${folder.path}/schedule.js: schedule.cron "61 * * * *" is not possible`);
});

describe("validate", () => {
  test("reports types and contract problems together", async () => {
    const text = `export const hook = {\n  nmae: "x",\n  mode: "oneshot",\n  handler(ctx: HookContext): HookResult {\n    if (ctx.now) return { fire: "yes" };\n    return { fire: true, agnet: "a" };\n  },\n};`;
    expect(await folder.validate("all.ts", text)).toEqual([
      "TS2322 5: Type 'string' is not assignable to type 'boolean'.",
      "TS2561 6: Object literal may only specify known properties, but 'agnet' does not exist in type 'HookResult'. Did you mean to write 'agent'?",
      "METADATA_INVALID 3: `mode` is \"oneshot\"; expected one of persistent, one-shot; did you mean \"one-shot\"?",
      "METADATA_INVALID 2: unknown field `nmae`; did you mean `name`?",
    ]);
  });

  test("a good script has no findings and could be registered", async () => {
    expect(await folder.validate("good.ts", "export default (ctx: HookContext): HookResult => ({ fire: ctx.event.depth > 0 });")).toEqual([]);
  });

  test("a script that does not exist is one finding", async () => {
    const { validateScript } = await import("../../../../src/engine/registry/authoring/prepare-script.ts");
    const { findings, prepared } = await validateScript(join(folder.path, "gone.ts"), prepareOptions());
    expect(findings.map((finding) => finding.code)).toEqual(["SCRIPT_NOT_FOUND"]);
    expect(prepared).toBeUndefined();
  });
});
