import { VERSION } from "../../engine/core/version.ts";

const MOST_FRAMES = 12;

/** What is said of a bug once the terminal is itself again: what broke, where, and that nothing else did. */
export function crashReport(error: unknown): string {
  const known = error instanceof Error ? error : new Error(String(error));
  const frames = (known.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)).slice(0, MOST_FRAMES);
  return [
    `error: the dashboard broke: ${known.message.split("\n")[0] ?? ""} [BUG]`,
    ...frames,
    `nexus ${VERSION}, ${process.platform} ${process.arch}, terminal ${process.stdout.columns ?? "?"}x${process.stdout.rows ?? "?"}, TERM=${process.env["TERM"] ?? ""}`,
    "The daemon and its hooks are not affected: the dashboard only reads. Start it again with `nexus tui`, or look with `nexus status`.",
  ].join("\n");
}
