import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { BINARY, childEnv, runProgram } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { TerminalSession } from "./terminal.ts";

const missing = Bun.which("tmux") === null;
if (missing) console.warn("the dashboard in tmux is not tested here: tmux is not installed");

const temp = tempHome();
const home = temp.path;
const DEADLINE_MS = 30_000;
/** A server of its own, without anybody's settings. */
const SERVER = ["tmux", "-S", join(home, "tmux"), "-f", "/dev/null"];
const NEXUS = [...BINARY.argv, "tui", "--home", home];

async function tmux(...args: readonly string[]): Promise<string> {
  const child = Bun.spawn([...SERVER, ...args], { cwd: home, env: { ...childEnv(BINARY, home), LANG: "C.UTF-8", TERM: "xterm-256color" }, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err, code] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]);
  if (code !== 0) throw new Error(`tmux ${args.join(" ")}: ${err}`);
  return out;
}

/** The pane as tmux would show it, once it shows this. */
async function shows(...texts: readonly string[]): Promise<string[]> {
  let seen = "";
  for (const end = Date.now() + DEADLINE_MS; Date.now() < end; await Bun.sleep(20)) {
    seen = await tmux("capture-pane", "-p", "-S", "-");
    if (texts.every((text) => seen.includes(text))) return seen.trimEnd().split("\n");
  }
  throw new Error(`it did not come to ${JSON.stringify(texts)}:\n${seen}`);
}

beforeAll(async () => {
  expect(await runProgram(BINARY, home, ["events", "emit", "--content", "good morning"])).toMatchObject({ code: 0 });
}, 60_000);
afterAll(async () => {
  if (!missing) await tmux("kill-server").catch(() => undefined);
  temp[Symbol.dispose]();
});

test.skipIf(missing)("in tmux: keys work, whoever attaches with another size sees it in that size, and q leaves what was there", async () => {
  await tmux("new-session", "-d", "-x", "100", "-y", "30", "bash", "-c", 'seq 40; "$@"; echo "after $?"; exec cat > /dev/null', "bash", ...NEXUS);
  await shows("liveness");
  await tmux("send-keys", "4");
  await shows("good morning");
  await tmux("set-option", "status", "off");
  {
    await using client = new TerminalSession([...SERVER, "attach"], home, { columns: 80, rows: 24 });
    await client.until("the footer at the foot", () => client.lines[23]?.includes("q quit") === true && client.lines[2]?.includes("content") === true);
    client.type("2");
    await client.untilShown("No hook");
    client.resize(30, 8);
    await client.until("too small", () => client.said.length === 1 && client.said[0]?.startsWith("30x8 is too small") === true);
    client.resize(120, 40);
    await client.until("the footer at the foot", () => client.lines[39]?.includes("q quit") === true);
    client.hangUp();
  }
  await tmux("send-keys", "q");
  const left = await shows("after 0");
  expect(left).toEqual([...Array.from({ length: 40 }, (_, n) => String(n + 1)), "after 0"]);
  expect(await tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{pane_in_mode}")).toBe("0 1 0\n");
}, 60_000);
