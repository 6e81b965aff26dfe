import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { TUI_PAGE_PATH, tuiPage } from "../../scripts/write-tui-keys.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { PALETTES } from "../../src/tui/look/look.ts";
import { SCREENS } from "../../src/tui/screens/screens.ts";

const page = readFileSync(TUI_PAGE_PATH, "utf8");

test("the keys and actions of docs/tui.md are those of the keymap", () => {
  expect(page).toBe(tuiPage(page));
});

test("docs/tui.md names every option, palette and tab", () => {
  const options = COMMANDS.find(({ path }) => path === "tui")?.options?.map(([flags]) => flags) ?? [];
  const tabs = Object.values(SCREENS).flatMap((screen) => screen.tabs ?? []);
  expect(options.length).toBeGreaterThan(5);
  expect([...options, ...PALETTES, ...tabs].filter((name) => !page.includes(name))).toEqual([]);
});

test("every picture in docs/tui is shown or linked, and no other is", () => {
  const folder = join(dirname(TUI_PAGE_PATH), "tui");
  const named = [...page.matchAll(/\]\(tui\/([^)]+\.svg)\)/g)].map(([, name]) => name);
  expect(new Set(named)).toEqual(new Set(readdirSync(folder)));
});
