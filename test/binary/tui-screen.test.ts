import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DaemonProcess } from "../faults/daemon-process.ts";
import { BINARY, childEnv, runProgram } from "../faults/program.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { TerminalSession } from "./terminal.ts";

const temp = tempHome();
const home = temp.path;
const MESSAGE = "grüße aus Köln";
/** What would move the cursor, name the window, ring, turn the line around, or take another width than it is given. */
const HOSTILE = ["\u001b[2J\u001b[1;1Hscreen", "\u001b]0;owned\u0007title", "\u009b31mcsi", "\u202egnp.exe", "数据库连接数过高", "🔥🔥 fire", "👩‍👩‍👧‍👦 family", "🇩🇪 flag", "e\u0301\u0301 marks", "a\tb\r\nc\u0008", "\u001b[3J\u001bcreset"];
/** Where the panel beside the list of events begins in 200 columns. */
const PANEL = 124;

beforeAll(async () => {
  writeFileSync(join(home, "greets.ts"), `/** @description Sagt ${MESSAGE} → überall */\nexport default (ctx) => ({ fire: false });\n`);
  expect(await runProgram(BINARY, home, ["hooks", "register", join(home, "greets.ts")])).toMatchObject({ code: 0 });
  const events = [{ content: MESSAGE }, ...HOSTILE.map((content) => ({ content })), { channel: "频道", type: "消息🔥消息🔥消息🔥", content: "wide before it" }];
  writeFileSync(join(home, "events.ndjson"), events.map((event) => `${JSON.stringify({ channel: "test", ...event })}\n`).join(""));
  expect(await runProgram(BINARY, home, ["events", "import", join(home, "events.ndjson")])).toMatchObject({ code: 0 });
}, 60_000);
afterAll(() => temp[Symbol.dispose]());

/** The parameters of every "select graphic rendition" in it. */
function rendition(text: string): number[] {
  return [...text.matchAll(/\u001b\[([\d;:]*)m/g)].flatMap(([, codes = ""]) => codes.split(/[;:]/).map(Number));
}

// switch: mutant colours-whatever-is-said
test("colours are sent, and none with NO_COLOR", async () => {
  const isColour = (code: number): boolean => (code >= 30 && code <= 38) || (code >= 40 && code <= 48) || (code >= 90 && code <= 107);
  for (const [env, colours] of [[{}, true], [{ NO_COLOR: "1" }, false]] as const) {
    await using session = TerminalSession.bare(home, [], { env });
    await session.untilShown("liveness");
    for (const [key, shown] of [["2", "greets"], ["4", MESSAGE], ["9", "Nothing"], ["?", "Where to"]] as const) {
      session.type(key);
      await session.untilShown(shown);
    }
    session.type("qq");
    expect(await session.process.exited).toBe(0);
    expect(rendition(session.text).some(isColour)).toBe(colours);
    // Where the cursor is shows without colours, too.
    expect(rendition(session.text)).toContain(7);
  }
}, 60_000);

test("a dumb terminal, a pipe and --once get one look as text", async () => {
  for (const args of [["tui"], ["tui", "events"], ["tui", "hooks", "--once"]]) {
    await using dumb = new TerminalSession([...BINARY.argv, ...args], home, { env: { TERM: "dumb" } });
    const piped = await runProgram(BINARY, home, args);
    expect([await dumb.process.exited, piped.code, piped.err]).toEqual([0, 0, ""]);
    await dumb.until("a line", () => dumb.bytes.length > 0);
    expect(dumb.text + piped.out).not.toMatch(/[\u0000-\u0009\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e]/);
    expect(piped.out).toStartWith("o daemon away");
  }
}, 60_000);

test("as JSON it is data, also in a terminal", async () => {
  const { code, out, err } = await runProgram(BINARY, home, ["tui", "events", "--json"]);
  expect([code, err]).toEqual([0, ""]);
  expect(JSON.parse(out)).toMatchObject({ screen: "events", home: { daemon: "away", hooks: 1 }, data: { events: expect.any(Array) } });
  await using session = new TerminalSession([...BINARY.argv, "tui", "events", "--json"], home, { columns: 200, rows: 50 });
  expect(await session.process.exited).toBe(0);
  await session.until("the end of the JSON", () => session.text.endsWith("}\r\n"));
  expect(session.text).not.toContain("\u001b");
  expect(JSON.parse(session.text)).toMatchObject({ screen: "events" });
}, 60_000);

// switch: mutant utf-8-whatever-the-locale
test("where the locale is not UTF-8 every byte is ASCII", async () => {
  await using session = TerminalSession.bare(home, [], { env: { LC_ALL: "C" }, columns: 200, rows: 50 });
  await session.untilShown("liveness");
  for (const [key, shown] of [["4", "gru?e aus Koln"], ["2", "greets"], ["\r", "Sagt gru?e aus Koln ? uberall"], ["?", "Where to"]] as const) {
    session.type(key);
    await session.untilShown(shown);
  }
  session.type("qq");
  expect(await session.process.exited).toBe(0);
  expect(session.bytes.filter((byte) => byte > 0x7e)).toHaveLength(0);
}, 60_000);

test("dragged smaller, too small and back, the screen is what it would be if it had begun there", async () => {
  const fresh = async (columns: number, rows: number): Promise<string[]> => {
    await using session = TerminalSession.bare(home, ["hooks"], { columns, rows });
    await session.untilShown("greets", "Enter open", "0 ev/s", ...(columns === 200 ? ["0 invocations"] : []));
    return session.lines;
  };
  const tooSmall = ["30x8 is too small: 60x15 at l…", "", "", "", "", "", "", ""];
  const shown = new Map<number, string[]>([[80, await fresh(80, 24)], [200, await fresh(200, 50)], [61, await fresh(61, 15)], [30, tooSmall]]);
  await using session = TerminalSession.bare(home, ["hooks"], { columns: 200, rows: 50 });
  await session.untilShown("greets", "Enter open");
  for (const [columns, rows] of [[200, 50], [80, 24], [30, 8], [80, 24], [61, 15], [200, 50], [30, 8], [200, 50], [80, 24]] as const) {
    session.resize(columns, rows);
    const wanted = shown.get(columns)?.join("\n") ?? "";
    await session.until(`a screen of ${columns}x${rows} as a new one has it:\n${wanted}\nbut this`, () => session.lines.join("\n") === wanted);
    expect(session.wrapped).toEqual([]);
  }
  // A drag is many sizes, of which some are never drawn.
  for (let columns = 80; columns < 200; columns += 1) session.resize(columns, 24 + (columns % 26));
  session.resize(200, 50);
  await session.until("the same after a drag", () => session.lines.join("\n") === shown.get(200)?.join("\n"));
}, 90_000);

test("what an event says does nothing to the terminal, and its columns stand where they should", async () => {
  for (const [columns, rows] of [[80, 24], [200, 50]] as const) {
    await using session = TerminalSession.bare(home, ["events"], { columns, rows });
    await session.untilShown(MESSAGE, "q quit", "wide before it");
    const head = session.lines.findIndex((line) => /type +channel/.test(line));
    const column = (title: string): number => session.cells(head).join("|").split("|").findIndex((_, x, cells) => cells.slice(x, x + title.length).join("") === title);
    for (const [at] of [...HOSTILE, MESSAGE, ""].entries()) {
      const cells = session.cells(head + 1 + at);
      for (const title of ["type", "channel", "content"]) expect([at, title, cells[column(title) - 1], cells[column(title)] !== " "]).toEqual([at, title, " ", true]);
      // Where there is a panel beside the list, it begins where it should on every line.
      if (columns === 200) expect([at, cells.slice(PANEL - 3, PANEL).join("").trim(), cells.slice(PANEL - 1).join("").trim() === "" || cells[PANEL] !== " "]).toEqual([at, "", true]);
    }
    session.type("jj\r");
    await session.untilShown("Event");
    session.type("q");
    expect(await session.process.exited).toBe(0);
    expect(session.titles).toEqual([]);
    expect(session.text).not.toMatch(/\u0007|\u001b[\]c]|\u001b\[[23]J|\u009b|\u202e|\u200d|\t/);
    expect(session.wrapped).toEqual([]);
  }
}, 60_000);

test("a daemon that is killed is missed, its successor is found, and what was shown stays", async () => {
  using other = tempHome();
  expect(await runProgram(BINARY, other.path, ["events", "emit", "--content", MESSAGE])).toMatchObject({ code: 0 });
  await using first = new DaemonProcess(BINARY, other.path);
  await first.until("started");
  await using session = TerminalSession.bare(other.path, ["events"], { columns: 120 });
  await session.untilShown(MESSAGE, "● healthy");
  await first.end("SIGKILL");
  await session.untilShown(MESSAGE, "daemon away", "nexus serve starts one");
  await using second = new DaemonProcess(BINARY, other.path);
  await second.until("started");
  await session.until("its header is as before", () => !session.lines[0]?.includes("daemon"));
  second.process.kill("SIGSTOP");
  await session.untilShown(MESSAGE, "daemon stopped");
  second.process.kill("SIGCONT");
  await session.until("it goes on", () => !session.lines[0]?.includes("daemon"));
  const emit = Bun.spawn([...BINARY.argv, "events", "emit", "--content", "one more"], { cwd: other.path, env: childEnv(BINARY, other.path), stdin: "ignore", stdout: "ignore" });
  expect(await emit.exited).toBe(0);
  await session.untilShown(MESSAGE, "one more");
}, 60_000);
