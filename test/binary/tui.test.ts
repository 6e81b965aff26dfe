import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY, runProgram } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { TerminalSession, untouched } from "./terminal.ts";

const temp = tempHome();
const home = temp.path;

beforeAll(async () => {
  writeFileSync(join(home, "greets.ts"), "/** @description Looks at each message */\nexport default (ctx) => ({ fire: false });\n");
  expect(await runProgram(BINARY, home, ["hooks", "register", join(home, "greets.ts")])).toMatchObject({ code: 0 });
  expect(await runProgram(BINARY, home, ["events", "emit", "--content", "good morning"])).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => temp[Symbol.dispose]());

/** Back in the shell with this code: everything is as it was before, and nothing but `between` is on the screen. */
async function expectGivenBack(session: TerminalSession, code: number, ...between: readonly string[]): Promise<void> {
  await session.untilBackInShell();
  expect(session.said).toEqual(["before", ...between, `after ${code}`, "!"]);
  expect(session.state).toEqual(untouched());
  // What was above stays: nothing erases the scrollback.
  expect(session.text).not.toContain("\u001b[3J");
}

// switch: mutant pasted-text-stays-marked
test("the overview comes first, keys lead from screen to screen, and q gives the terminal back", async () => {
  await using session = TerminalSession.fromShell(home);
  await session.untilShown("daemon away", "liveness", "q quit");
  expect(session.state).toMatchObject({ screen: "alternate", cursor: false, paste: true });
  expect(session.state["modes"]).not.toEqual(untouched()["modes"]);
  session.type("2");
  await session.untilShown("greets");
  session.type("\r");
  await session.untilShown("Looks at each message");
  session.type("\u001b[D4");
  await session.untilShown("good morning");
  session.type("?");
  await session.untilShown("Where to");
  session.type("qq");
  await expectGivenBack(session, 0);
}, 60_000);

test("Ctrl+C and each signal that ends it give the terminal back, with the code that the signal has", async () => {
  const ends: readonly (readonly [string, number, (session: TerminalSession) => unknown])[] = [
    ["Ctrl+C", 0, (session) => session.type("\u0003")],
    ["SIGINT", 130, ({ dashboardPid }) => process.kill(dashboardPid, "SIGINT")],
    ["SIGTERM", 143, ({ dashboardPid }) => process.kill(dashboardPid, "SIGTERM")],
    ["SIGHUP", 129, ({ dashboardPid }) => process.kill(dashboardPid, "SIGHUP")],
    ["SIGQUIT", 131, ({ dashboardPid }) => process.kill(dashboardPid, "SIGQUIT")],
  ];
  for (const [name, code, end] of ends) {
    await using session = TerminalSession.fromShell(home);
    await session.untilShown("liveness");
    end(session);
    await session.until(`the end of it by ${name}`, () => session.said.at(-1)?.startsWith("after") === true);
    await expectGivenBack(session, code);
  }
}, 120_000);

test("left as soon as it is there, it leaves nothing in the shell", async () => {
  for (const keys of ["q", "2q", "24q", "?qq"]) {
    await using session = TerminalSession.fromShell(home);
    await session.until("the dashboard's screen", () => session.state["screen"] === "alternate");
    session.type(keys);
    await expectGivenBack(session, 0);
  }
}, 60_000);

// switch: mutant last-answer-not-waited-for
test("left while a frame is under way, it waits for the terminal's answer, which the shell would take for keys", async () => {
  await using session = TerminalSession.fromShell(home, ["--interval", "10m"]);
  await session.untilShown("liveness");
  // Once looked at, Hooks are drawn without reading: a terminal that is silent for 1.5 s is waited for no longer.
  session.type("2");
  await session.untilShown("greets");
  session.type("1");
  await session.untilShown("liveness");
  session.holdAnswers();
  session.type("p");
  await session.untilShown("paused");
  // It goes on drawing meanwhile, which shows that it has not gone.
  session.type("q2");
  await session.untilShown("greets");
  session.giveAnswers();
  await expectGivenBack(session, 0);
}, 60_000);

// switch: mutant end-of-input-unheard
test("a terminal that hangs up ends it, also one that signals nobody", async () => {
  for (const options of [{}, { signals: false }] as const) {
    await using session = TerminalSession.bare(home, ["--interval", "10m"], options);
    await session.untilShown("liveness");
    // From here on it draws nothing, which would tell it.
    session.type("p");
    await session.untilShown("paused");
    session.hangUp();
    expect([options, await session.process.exited]).toEqual([options, 129]);
  }
}, 60_000);

test("a terminal that does not answer shows everything all the same", async () => {
  await using session = TerminalSession.fromShell(home, [], { mute: true });
  await session.untilShown("liveness");
  session.type("4");
  await session.untilShown("good morning");
  session.type("q");
  await expectGivenBack(session, 0);
}, 60_000);

// switch: mutant keys-in-one-piece-are-one
test("keys that come in one piece are taken one by one", async () => {
  await using session = TerminalSession.fromShell(home);
  await session.untilShown("liveness");
  session.type("4/nothing like it\r");
  await session.untilShown('Nothing matches "nothing like it"');
  session.type("/\u0015morn\r?q2");
  await session.untilShown("greets");
  session.type("/[ü[/");
  await session.untilShown('Nothing matches "[ü[/"');
  session.type("\r4q");
  await expectGivenBack(session, 0);
}, 60_000);

// switch: mutants alternate-screen-left-twice, lines-begin-empty
test("for who hears it there are lines on the screen of the shell, and they stay", async () => {
  await using session = TerminalSession.fromShell(home, ["--screen-reader"]);
  await session.untilShown("Overview", "daemon away");
  expect(session.state).toMatchObject({ screen: "normal" });
  session.type("4");
  await session.untilShown("Events, 1 of 1", "good morning");
  const lines = session.said;
  session.type("q");
  await expectGivenBack(session, 0, ...lines.slice(1));
  expect(session.text).not.toContain("\u001b[?1049");
}, 60_000);

/** Loaded into the compiled program: at the signal it breaks, as a bug would. */
const FAULTS = {
  "an error in a callback": "throw new Error('torn');",
  "a promise that nobody awaited": "void Promise.reject(new Error('torn'));",
  "an error in a frame": "Array.prototype.flatMap = () => { throw new Error('torn'); }; process.stdin.emit('data', '2');",
  "an error while it draws": "String.prototype.trimEnd = () => { throw new Error('torn'); }; process.stdin.emit('data', '2');",
} as const;

// switch: mutants ink-has-the-last-word, broken-drawing-keeps-the-process
for (const [name, fault] of Object.entries(FAULTS)) {
  test(`${name}: the report stands on the screen that was there before, and it ends with 70`, async () => {
    const preload = join(home, "fault.ts");
    writeFileSync(preload, `process.on("SIGUSR2", () => { ${fault} });\n`);
    await using session = TerminalSession.fromShell(home, [], { env: { BUN_OPTIONS: `--preload ${preload}` }, columns: 160 });
    await session.untilShown("liveness");
    process.kill(session.dashboardPid, "SIGUSR2");
    await session.untilBackInShell();
    const report = session.said.slice(1, -2);
    expect(session.state).toEqual(untouched());
    expect(report[0]).toBe("error: the dashboard broke: torn [BUG]");
    expect(report.at(-1)).toStartWith("The daemon and its hooks are not affected");
    expect([session.said[0], ...session.said.slice(-2)]).toEqual(["before", "after 70", "!"]);
  }, 60_000);
}

test.skipIf(process.platform !== "linux")("Ctrl+Z stops it and gives the terminal to the shell; continued, it draws everything anew, in the size of then", async () => {
  await using session = TerminalSession.fromShell(home, ["events"], { jobs: true });
  await session.untilShown("good morning");
  const shown = session.lines;
  session.type("\u001a\u001a");
  await session.untilShown("after 148");
  expect(await Bun.file(`/proc/${session.dashboardPid}/stat`).text()).toContain(") T ");
  expect(session.state).toEqual(untouched());
  // Between them says the shell what it has stopped.
  expect(session.said.filter((line) => !line.startsWith("[1]+"))).toEqual(["before", "after 148"]);
  session.type("\r");
  await session.until("the same screen", () => session.lines.join("\n") === shown.join("\n"));
  session.type("\u001a");
  await session.until("stopped once more", () => session.said.filter((line) => line === "after 148").length === 2);
  session.resize(120, 30);
  session.type("\r");
  await session.until("the footer at the foot", () => session.lines[29]?.startsWith("Enter open") === true);
  session.type("q");
  await session.untilShown("after 0");
  expect(session.state).toEqual(untouched());
}, 60_000);

test("Ctrl+Z where no shell could continue it: the dashboard is back by itself", async () => {
  await using session = TerminalSession.fromShell(home);
  await session.untilShown("liveness");
  session.type("\u001a");
  await session.until("a second beginning", () => session.text.split("\u001b[?1049h").length === 3);
  session.type("4");
  await session.untilShown("good morning", "q quit");
  session.type("q");
  await expectGivenBack(session, 0);
}, 60_000);

// switch: mutant stopped-and-listening
test.skipIf(process.platform !== "linux")("ended while it is stopped, it does end, though the shell has the terminal", async () => {
  await using session = TerminalSession.fromShell(home, ["events"], { jobs: true });
  await session.untilShown("good morning");
  session.type("\u001a");
  await session.untilShown("after 148");
  const { dashboardPid } = session;
  // As `kill %1` does.
  process.kill(dashboardPid, "SIGTERM");
  process.kill(dashboardPid, "SIGCONT");
  await session.until("its end", () => !existsSync(`/proc/${dashboardPid}`));
  expect(session.state).toEqual(untouched());
}, 60_000);
