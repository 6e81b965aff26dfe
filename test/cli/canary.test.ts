import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nexus, nexusProcess } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";

/**
 * A hook has no secret of the daemon by itself; this one reads them where a careless hook might (a file, hard-wired text,
 * the daemon's environment) and lets them out in every way there is.
 */
function leakyHook(values: readonly string[]): string {
  const one = `const secrets = ${JSON.stringify(values)}; const all = secrets.join(" "); const coded = secrets.flatMap((s) => [btoa("user:" + s), encodeURIComponent(s), JSON.stringify({ s })]).join(" ");`;
  return `${one}
export default async function (ctx) {
  const way = ctx.event.content;
  if (way === "log") { console.log(all, coded); ctx.log.warn(all); console.error({ all }); }
  if (way === "stray") { require("node:fs").writeSync(1, all + "\\n"); require("node:fs").writeSync(2, coded + "\\n"); }
  if (way === "throw") { const error = new Error("failed with " + all); error.stack += "\\n at " + coded; throw error; }
  if (way === "state") await ctx.state.set("k " + secrets[0], { all, coded });
  if (way === "invalid") return { fire: true, agent: { all } };
  if (way === "emit") return { fire: false, emit: [{ type: "note", content: all, metadata: { coded, headers: { authorization: all } } }] };
  if (way === "fire") return { fire: true, agent: "atlas", context: { prompt: all, extracted: { coded, all } }, enrich: { all }, surprise: all };
  return { fire: false };
}
`;
}

/** `throw` after `invalid`: the last failure is the one that the hook keeps. */
const WAYS = ["log", "stray", "state", "invalid", "throw", "emit", "fire"];

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map((name) => join(folder, String(name))).filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
}

function encodings(secret: string): string[] {
  return [secret, encodeURIComponent(secret), Buffer.from(secret).toString("base64").slice(0, -4), Buffer.from(`user:${secret}`).toString("base64").slice(8, -4)];
}

// switch: mutant commands-write-secrets, redact-full-rows, redact-logs, redact-dispatches, redact-state, redact-last-error, redact-emitted, redact-serve-log
test("no secret of the daemon is in its database, its log, any output, a child's arguments or a child's environment", async () => {
  using home = tempHome();
  const temporary = join(home.path, "tmp");
  mkdirSync(temporary);
  const secrets = { env: `canary-${randomBytes(12).toString("hex")}/+=é`, listed: `canary-${randomBytes(12).toString("hex")}`, file: `canary-${randomBytes(12).toString("hex")}`, header: `canary-${randomBytes(12).toString("hex")}` };
  const env = { TMPDIR: temporary, MODEL_API_KEY: secrets.env, PLAIN_NAME: secrets.listed };
  writeFileSync(join(home.path, "secret.txt"), `${secrets.file}\n`);
  writeFileSync(join(home.path, "config.toml"), 'isolation = "process"\n[secrets]\nenv = ["PLAIN_NAME"]\nfiles = ["secret.txt"]\n');
  // The script itself is what its author stored: its text is built so that it holds no secret as it stands.
  writeFileSync(join(home.path, "reads.json"), JSON.stringify([secrets.env, secrets.listed, secrets.file]));
  const source = leakyHook([]).replace("const secrets = [];", `const secrets = JSON.parse(require("node:fs").readFileSync(${JSON.stringify(join(home.path, "reads.json"))}, "utf8"));`);
  writeFileSync(join(home.path, "leaky.js"), source);
  expect((await nexus(home.path, ["hooks", "register", join(home.path, "leaky.js")], { env })).code).toBe(0);
  const served = nexusProcess(home.path, ["serve", "--json"], env);
  const outputs: string[] = [];
  let events = 0;
  const log = (async () => {
    for await (const text of served.stdout.pipeThrough(new TextDecoderStream())) outputs.push(text);
  })();
  const warnings = new Response(served.stderr).text();
  try {
    const children: string[] = [];
    for (const way of WAYS) {
      await nexus(home.path, ["events", "emit", "--content", way, "--metadata", JSON.stringify({ headers: { authorization: `Bearer ${secrets.header}`, "x-github-event": "push" } })], { env });
      events += 1;
    }
    // What comes from outside, or from an agent's own command, may quote a secret as well.
    for (const secret of [secrets.env, secrets.listed, secrets.file]) {
      outputs.push((await nexus(home.path, ["events", "emit", "--type", "note", "--content", `the key is ${secret}`, "--json"], { env })).out);
      events += 1;
    }
    for (;;) {
      const done = (await nexus(home.path, ["hooks", "stats", "leaky", "--json"], { env })).json<{ invocations: number }>();
      for (const pid of childrenOf(served.pid)) children.push(read(`/proc/${pid}/environ`), read(`/proc/${pid}/cmdline`));
      if (done.invocations >= events + 1) break;
    }
    expect(children.some((text) => text.includes("__evaluator"))).toBe(true);
    outputs.push(...children);
    for (const args of [["hooks", "invocations", "leaky"], ["hooks", "logs", "leaky"], ["hooks", "info", "leaky"], ["events", "list"], ["hooks", "list"], ["status"], ["doctor"], ["backup"]]) {
      const { out, err } = await nexus(home.path, [...args, "--json"], { env });
      outputs.push(out, err);
    }
  } finally {
    served.kill("SIGTERM");
    await served.exited;
    await log;
    outputs.push(await warnings);
  }
  const stored = [join(home.path, "state"), temporary, join(home.path, "backups")].flatMap((folder) => filesUnder(folder).map((path) => readFileSync(path, "latin1")));
  const everything = Buffer.from([...stored, ...outputs.map((text) => Buffer.from(text).toString("latin1"))].join("\n"), "latin1");
  for (const [where, secret] of Object.entries(secrets)) {
    for (const form of encodings(secret)) expect({ where, found: everything.includes(form) }).toEqual({ where, found: false });
  }
  const text = everything.toString("latin1");
  // And they were there to be found: each way left its mark.
  for (const mark of ["[redacted:MODEL_API_KEY]", "[redacted:PLAIN_NAME]", "[redacted:secret.txt]", "[not stored]", "stray_output", "failed with [redacted"]) expect(text).toContain(mark);
}, 60_000);

function childrenOf(pid: number): string[] {
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && / (\d+) /.exec(read(`/proc/${name}/stat`).replace(/^.*\) \S+/, ""))?.[1] === String(pid));
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
