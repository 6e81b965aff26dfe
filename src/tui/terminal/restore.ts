import { writeSync } from "node:fs";

/**
 * Brings a terminal back to what a shell expects, whatever state it was left in: ends synchronized output and bracketed paste,
 * shows the cursor, resets colours, and leaves the alternate screen if that is on. Written at once and past every buffer, since the
 * process may be ending. Left twice, the screen would put the cursor back twice: over what was printed since, and in tmux, after
 * a resize, over what was there before.
 */
export function restoreTerminal(alternate: boolean): void {
  try {
    writeSync(1, `\u001b[?2026l\u001b[?2004l\u001b[0m\u001b[?25h${alternate ? "\u001b[?1049l" : ""}`);
  } catch {
    // The terminal is gone, and with it what there was to restore.
  }
  try {
    process.stdin.setRawMode?.(false);
  } catch {
    // So is its line discipline.
  }
}
