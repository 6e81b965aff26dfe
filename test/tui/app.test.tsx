import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { cleanup, render } from "ink-testing-library";
import { stripVTControlCharacters } from "node:util";
import { App } from "../../src/tui/app.tsx";
import { textOf } from "../../src/tui/look/line.ts";
import { MAIN_SCREENS } from "../../src/tui/state/place.ts";
import { placeOf } from "../../src/tui/state/view.ts";
import { makeFrame } from "../../src/tui/view/make-frame.ts";
import { tempHome } from "../helpers/temp-home.ts";
import { fillSampleHome, openDesk, type Desk } from "./sample-desk.ts";

const home = tempHome();
beforeAll(() => fillSampleHome(home.path), 60_000);
afterEach(cleanup);
afterAll(() => home[Symbol.dispose]());

type Shown = ReturnType<typeof render>;

const terminalOf = ({ desk }: Desk): Parameters<typeof App>[0]["terminal"] => ({ copy: () => undefined, quit: () => undefined, lend: () => undefined, touched: () => undefined, changes: desk.subscribe });

/** What Ink has drawn, a line a row. */
function drawn({ lastFrame }: Shown): string[] {
  return stripVTControlCharacters(lastFrame() ?? "").split("\n").map((line) => line.trimEnd());
}

/** What was to be drawn. */
function meant({ desk }: Desk): string[] {
  const { header, body, bodyWidth, side, footer } = makeFrame(desk);
  const height = desk.size.rows - header.length - footer.length;
  const middle = Array.from({ length: height }, (_, at) => `${textOf(body[at]?.line ?? []).padEnd(bodyWidth + 3)}${textOf(side?.lines[at]?.line ?? [])}`);
  return [...header.map(textOf), ...middle, ...footer.map(textOf)].map((line) => line.trimEnd());
}

/** Ink's test terminal has a width of its own; it is dragged to the one that is wanted. */
function show(on: Desk, columns: number, rows: number): Shown {
  const terminal = terminalOf(on);
  const shown = render(<App desk={on.desk} terminal={terminal} />);
  Object.defineProperties(shown.stdout, { columns: { value: columns }, rows: { value: rows } });
  shown.stdout.emit("resize");
  return shown;
}

test.each([[80, 24], [200, 50]] as const)("at %i by %i every screen is drawn to the letter, and nothing wraps", async (columns, rows) => {
  // Without characters whose width is not their number: those are compared in a real terminal.
  using on = openDesk(home.path, { columns, rows, ascii: true });
  const shown = show(on, columns, rows);
  for (const [at, screen] of MAIN_SCREENS.entries()) {
    await on.keys(String(at + 1), "down");
    await settled();
    expect([screen, drawn(shown)]).toEqual([screen, meant(on)]);
  }
});

test("keys go to the screen, to the filter and to help as they come from a terminal", async () => {
  using on = openDesk(home.path, { columns: 80, rows: 24 });
  const shown = show(on, 80, 24);
  const press = async (text: string): Promise<void> => {
    shown.stdin.write(text);
    await settled();
    await on.look();
    await settled();
  };
  await press("2");
  expect(placeOf(on.desk.view).screen).toBe("hooks");
  expect(drawn(shown).join("\n")).toContain("crash-loop");
  await press("/");
  await press("nightly");
  expect(drawn(shown).join("\n")).not.toContain("crash-loop");
  await press("\r");
  await press("\u001b[B");
  await press("\r");
  expect(placeOf(on.desk.view)).toMatchObject({ screen: "hook" });
  await press("?");
  expect(drawn(shown).join("\n")).toContain("Where to");
});

/** React and Ink draw in turns of the loop that follow. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
