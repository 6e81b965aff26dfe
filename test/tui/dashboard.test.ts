import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ACTIONS } from "../../src/tui/actions/actions.ts";
import { CommandLog } from "../../src/tui/actions/command-log.ts";
import { SUBJECTS } from "../../src/tui/actions/subject.ts";
import { Dashboard } from "../../src/tui/dashboard.ts";
import { GLOBAL_COMMANDS } from "../../src/tui/keymap.ts";
import { takeKey } from "../../src/tui/keys.ts";
import { widthOf } from "../../src/tui/look/fit.ts";
import { textOf } from "../../src/tui/look/line.ts";
import { createLook } from "../../src/tui/look/look.ts";
import { Responder } from "../../src/tui/reader/responder.ts";
import { SCREENS } from "../../src/tui/screens/screens.ts";
import { Feed } from "../../src/tui/state/feed.ts";
import { MAIN_SCREENS } from "../../src/tui/state/place.ts";
import { listOf, placeOf } from "../../src/tui/state/view.ts";
import { takeSnapshot } from "../../src/tui/snapshot.ts";
import { Ticker } from "../../src/tui/ticker.ts";
import { linearLines, makeFrame } from "../../src/tui/view/make-frame.ts";
import { nexus } from "../helpers/nexus-command.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { fillSampleHome, openDesk, type Desk, type DeskOptions } from "./sample-desk.ts";

const home = tempHome();
beforeAll(() => fillSampleHome(home.path), 60_000);
afterAll(() => home[Symbol.dispose]());

const open = (options: DeskOptions = {}): Desk => openDesk(home.path, options);

test("every screen fits its terminal, at both sizes, in ASCII too; its data is on it", async () => {
  for (const [columns, rows, ascii] of [[80, 24, false], [200, 50, false], [80, 24, true]] as const) {
    using on = open({ columns, rows, ascii });
    for (const [at, screen] of MAIN_SCREENS.entries()) {
      await on.keys(String(at + 1));
      for (const tab of SCREENS[screen].tabs ?? [""]) {
        if (tab !== "") on.desk.change({ do: "tab", tab });
        await on.keys("down");
        const frame = makeFrame(on.desk);
        const lines = [...frame.header, ...frame.body.map(({ line }) => line), ...frame.footer];
        expect(lines.length).toBeLessThanOrEqual(rows);
        expect([screen, tab, lines.filter((line) => widthOf(textOf(line)) > columns)]).toEqual([screen, tab, []]);
        for (const line of [...lines, ...(frame.side?.lines.map((one) => one.line) ?? [])]) {
          expect(textOf(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
          if (ascii) expect(textOf(line)).toMatch(/^[ -~]*$/);
        }
        // No panel is empty without a word.
        expect(frame.body.map(({ line }) => textOf(line)).join("").trim()).not.toBe("");
      }
    }
  }
}, 60_000);

test("Enter leads into a hook and an event, and Esc back; the cursor is where it was", async () => {
  using on = open();
  await on.keys("2", "down", "enter");
  expect(placeOf(on.desk.view).screen).toBe("hook");
  for (const tab of SCREENS.hook.tabs ?? []) {
    on.desk.change({ do: "tab", tab });
    await on.look();
    expect(makeFrame(on.desk).body.map(({ line }) => textOf(line)).join("").trim()).not.toBe("");
  }
  await on.keys("esc");
  expect([placeOf(on.desk.view).screen, listOf(on.desk.view).index]).toEqual(["hooks", 1]);
  await on.keys("4", "enter", "tab");
  expect(placeOf(on.desk.view)).toMatchObject({ screen: "event", tab: "why" });
  expect(on.desk.rows().length).toBeGreaterThan(3);
}, 30_000);

test("an action runs the command that it shows, and u the one that undoes it", async () => {
  using on = open();
  await on.keys("2", "/");
  for (const letter of "crash") await on.keys(letter);
  await on.keys("enter", "d", "x", "enter");
  expect(on.ran).toEqual([["hooks", "disable", "crash-loop", "--reason", "x"]]);
  await on.keys("u");
  expect(on.ran.at(-1)).toEqual(["hooks", "enable", "crash-loop"]);
}, 30_000);

test("a read-only dashboard runs nothing that changes anything, whatever key is pressed", async () => {
  using on = open({ readonly: true });
  for (const screen of MAIN_SCREENS.keys()) {
    await on.keys(String(screen + 1));
    for (const { key } of ACTIONS) await on.keys(key, "enter", "y");
  }
  // A dry run records and sends nothing.
  expect(on.ran.filter(([group, command]) => !(group === "hooks" && command === "test"))).toEqual([]);
}, 60_000);

test("a place that was left is shown again, however many were looked at between", async () => {
  using responder = new Responder(home.path);
  const feed = new Feed({ ask: (queries) => responder.replies(queries), close: () => Promise.resolve() }, Date.now, () => undefined);
  const wish = (at: number): { readonly of: "hookDay"; readonly id: string } => ({ of: "hookDay", id: `hook ${at}` });
  const others = Array.from({ length: 14 }, (_, n) => n + 1);
  // The others are looked at again, which changes nothing, and then new ones: as many as a feed keeps in all.
  for (const at of [...others, 0, ...others, ...Array.from({ length: 10 }, (_, n) => n + 15)]) await feed.look([wish(at)]);
  await feed.look([wish(0)]);
  expect(feed.of(wish(0))?.answer.fires.length).toBe(288);
});

test("time goes on where nothing else does: once a minute, and for a pause", () => {
  let now = 60_000_000;
  const log = new CommandLog({ run: async () => ({ ok: true, said: [] }), readonly: true, now: () => now });
  const desk = new Dashboard({ home: home.path, look: createLook(), now: () => now, log, readonly: true, linear: false });
  desk.attach(new Feed({ ask: async (queries) => queries.map(() => ({ same: true as const })), close: () => Promise.resolve() }, () => now, desk.changed));
  desk.change({ do: "pause", at: now });
  let tick = (): void => undefined;
  using ticker = new Ticker({ desk, everyMs: 1_000, ready: () => true, looks: () => undefined, later: (work) => ((tick = work), () => undefined) });
  expect(ticker).toBeDefined();
  const seen: string[] = [];
  for (let second = 0; second < 180; second += 1) {
    now += 1_000;
    const before = desk.version();
    tick();
    if (desk.version() !== before) seen.push(makeFrame(desk).header.map(textOf).join("").match(/paused \d+m/)?.[0] ?? "");
  }
  expect(seen).toEqual(["paused 1m", "paused 2m", "paused 3m"]);
});

test("the rows stay where they are while the cursor moves among them", async () => {
  using on = open({ rows: 15 });
  await on.keys("1");
  const shown = (): string[] => makeFrame(on.desk).body.map(({ line }) => textOf(line).slice(2));
  const rows = on.desk.rows().length;
  expect(rows).toBeGreaterThan(15);
  await on.keys("G");
  const atTheEnd = shown();
  await on.keys("up", "up", "up");
  expect([shown(), listOf(on.desk.view).index]).toEqual([atTheEnd, rows - 4]);
  await on.keys("g");
  expect(shown()).not.toEqual(atTheEnd);
});

test("what one version changed in the one before is shown, although its file is another now", async () => {
  const path = join(home.path, "crash-loop.ts");
  writeFileSync(path, readFileSync(path, "utf8").replace("urgent", "important"));
  expect((await nexus(home.path, ["hooks", "update", "crash-loop", path])).code).toBe(0);
  using on = open();
  await on.keys("2", "/", "c", "r", "a", "s", "h", "enter", "enter", "tab", "tab", "tab", "tab");
  const shown = makeFrame(on.desk).body.map(({ line }) => textOf(line));
  expect(shown.filter((text) => /^ +[-+] /.test(text)).map((text) => text.trim().slice(0, 2))).toEqual(["- ", "+ "]);
  expect(shown.join("\n")).toContain("What v2 changed in v1");
  await on.keys("b");
  expect([on.ran, on.desk.view.message?.text]).toEqual([[], "roll back to the version before: the cursor is on the version that runs"]);
  await on.keys("down", "b");
  expect(on.ran).toEqual([["hooks", "rollback", "crash-loop", "--to", "1", "--keep-state"]]);
});

test("a list that is paused stands still while the cursor goes through it and its panel follows", async () => {
  using on = open({ columns: 200, rows: 50 });
  using _ticker = new Ticker({ desk: on.desk, everyMs: 1_000, ready: () => true, looks: () => undefined, later: () => () => {} });
  await on.keys("4", "p");
  const answer = on.desk.answer();
  expect((await nexus(home.path, ["events", "emit", "--channel", "console", "--content", "while it is paused"])).code).toBe(0);
  takeKey(on.desk, "down");
  const side = on.desk.sideWish();
  await on.desk.feed.look([]);
  expect([on.desk.answer() === answer, side !== undefined && on.desk.feed.of(side) !== undefined]).toEqual([true, true]);
  await on.keys(".");
  expect(on.desk.rows().map((row) => on.desk.screen.text(row))).toContain("while it is paused");
});

test("!word excludes in the search of events, too", async () => {
  using on = open();
  await on.keys("4", "/", ..."atlas !checkout".split(""));
  expect(on.desk.rows().map((row) => on.desk.screen.text(row).slice(0, 10))).toEqual(["@atlas 数据库"]);
});

test("one look as text is taken however narrow the terminal is", async () => {
  const { lines } = await takeSnapshot({ home: home.path, look: createLook(), place: { screen: "refs" }, filter: "", columns: 20 });
  expect(lines.join("\n")).toContain("assistant/human");
});

test("a hook can be acted on, and that undone, wherever it stands: what a key does is the same on every screen", async () => {
  for (const keys of [["2"], ["3"], ["8"]]) {
    using on = open();
    await on.keys(...keys);
    const hooks = on.desk.rows().flatMap(({ subject }) => (subject?.kind === "hook" ? [subject] : []));
    expect(hooks.length).toBeGreaterThan(0);
    expect(hooks.filter(({ status, facts }) => status === undefined || facts?.["version"] === undefined)).toEqual([]);
  }
});

test("looking at a home that is not there does not make one", async () => {
  const none = join(home.path, "none");
  const { code, err } = await nexus(none, ["tui", "--once"]);
  expect([code, err.includes("is no nexus home yet"), existsSync(join(none, "state"))]).toEqual([3, true, false]);
});

test("a tab that there is not is wrong usage, and the answer names those that there are", async () => {
  const { code, err } = await nexus(home.path, ["tui", "live", "eror"]);
  expect([code, err.includes("all, invocations, notices, errors")]).toEqual([2, true]);
});

test("who hears the dashboard hears it before the first key", async () => {
  using on = open();
  const heard = new Dashboard({ ...on.desk.parts, linear: true });
  heard.attach(on.desk.feed);
  const looked = Promise.withResolvers<void>();
  const unsubscribe = on.desk.subscribe(looked.resolve);
  using _ticker = new Ticker({ desk: heard, everyMs: 1_000, ready: () => true, looks: () => undefined, later: () => () => {} });
  await looked.promise;
  unsubscribe();
  expect(linearLines(heard).join(" ")).toContain("liveness");
});

test("no key means two things", () => {
  for (const kind of SUBJECTS) {
    const keys = [...GLOBAL_COMMANDS.flatMap((command) => command.keys), ...ACTIONS.filter(({ on }) => on === undefined || on.includes(kind)).map(({ key }) => key)];
    expect([kind, keys.filter((key, at) => keys.indexOf(key) !== at)]).toEqual([kind, []]);
  }
});

test("a terminal that is too small says so, and in a filter letters are letters", async () => {
  using on = open({ columns: 40, rows: 10 });
  await on.look();
  expect(makeFrame(on.desk).header.map(textOf).join("")).toContain("too small");
  on.desk.resize({ columns: 80, rows: 24 });
  await on.keys("2", "/", "q", "p");
  expect(listOf(on.desk.view).filter).toBe("qp");
  await on.keys("esc");
  expect(listOf(on.desk.view).filter).toBe("");
});
