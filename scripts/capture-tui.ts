import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CapturedHome, NEXUS } from "./capture/home.ts";
import { TerminalProgram, type Size } from "./capture/pty.ts";
import { DETAILS, NARROW, SCREENS, WIDE, type Shot } from "./capture/shots.ts";
import { screenSvg } from "./capture/svg.ts";

/**
 * The pictures of docs/tui.md: the program itself on a terminal, with a daemon whose hooks really fail.
 * `bun scripts/capture-tui.ts [NAME ...]` takes all of them, or those alone.
 */
const FOLDER = join(import.meta.dir, "..", "docs", "tui");
/** Of one picture; all of them stand in the repository. */
const MOST_BYTES = 60_000;

async function capture(home: string, { name, title, words = [], keys = [], wanted }: Shot, size: Size): Promise<void> {
  const dimensions = `${size.columns}x${size.rows}`;
  const env = { PATH: process.env["PATH"] ?? "", HOME: home, LANG: "C.UTF-8", TZ: "UTC" };
  await using program = new TerminalProgram([...NEXUS, "tui", ...words, "--home", home], size, env);
  // A hook is paused: its first answer is there.
  await program.settled("degraded");
  await program.press(...keys);
  await program.settled(...wanted);
  const svg = screenSvg(program.emulator, `nexus tui, ${dimensions}: ${title}`);
  if (svg.length > MOST_BYTES) throw new Error(`${name} at ${dimensions} has ${svg.length} bytes; at most ${MOST_BYTES}`);
  writeFileSync(join(FOLDER, `${name}-${dimensions}.svg`), svg);
  console.log(`${name} ${dimensions} ${svg.length}`);
}

const names = process.argv.slice(2);
const chosen = (shots: readonly Shot[]): readonly Shot[] => shots.filter(({ name }) => names.length === 0 || names.includes(name));
mkdirSync(FOLDER, { recursive: true });
await using home = await CapturedHome.make();
for (const shot of chosen(SCREENS)) {
  await capture(home.path, shot, NARROW);
  await capture(home.path, shot, WIDE);
}
for (const shot of chosen(DETAILS)) await capture(home.path, shot, NARROW);
