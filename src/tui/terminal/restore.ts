import { writeSync } from "node:fs";

/**
 * Brings a terminal back to what a shell expects, whatever state it was left in: ends synchronized output and bracketed paste,
 * leaves the alternate screen, shows the cursor, resets colours. Written at once and past every buffer, since the
 * process may be ending; sent to a terminal that is as it should be, it changes nothing.
 */
export function restoreTerminal(): void {
  try {
    writeSync(1, "\u001b[?2026l\u001b[?2004l\u001b[0m\u001b[?25h\u001b[?1049l");
  } catch {
    // The terminal is gone, and with it what there was to restore.
  }
  try {
    process.stdin.setRawMode?.(false);
  } catch {
    // So is its line discipline.
  }
}
