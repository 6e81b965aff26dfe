import type { Mutant } from "./mutant.ts";

const dashboard = ["test/binary/tui.test.ts"];
const run = "src/tui/run-tui.tsx";

/** Each switches one mechanism of the dashboard's terminal off; the named test must then fail. `bun run mutants` tries them. */
export const mutants: readonly Mutant[] = [
  { name: "pasted-text-stays-marked", file: "src/tui/terminal/restore.ts", find: "\\u001b[?2004l", replace: "", tests: dashboard, filter: "the overview comes first" },
  { name: "alternate-screen-left-twice", file: "src/tui/terminal/restore.ts", find: "${alternate ?", replace: "${alternate || true ?", tests: dashboard, filter: "for who hears it" },
  { name: "ink-has-the-last-word", file: run, find: "  output.mute();\n", replace: "", tests: dashboard, filter: "an error in a callback" },
  { name: "last-answer-not-waited-for", file: run, find: "  await output.settle();\n", replace: "", tests: dashboard, filter: "left while a frame" },
  { name: "broken-drawing-keeps-the-process", file: run, find: "  try {\n    app.unmount();\n  } catch {", replace: "  app.unmount();\n  try {\n    await Promise.resolve();\n  } catch {", tests: dashboard, filter: "an error while it draws" },
  { name: "keys-in-one-piece-are-one", file: "src/tui/terminal/key-name.ts", find: "return [...graphemes.segment(input)].map(({ segment }) => typed(segment));", replace: "return [Array.from(input).length === 1 ? typed(input) : input];", tests: dashboard, filter: "keys that come in one piece" },
  { name: "end-of-input-unheard", file: "src/tui/terminal/answered-input.ts", find: '    input.on("end", gone);\n', replace: "", tests: dashboard, filter: "hangs up" },
  { name: "stopped-and-listening", file: "src/tui/terminal/stop.ts", find: "process.removeListener(signal, listener);", replace: "", tests: dashboard, filter: "ended while it is stopped" },
  { name: "lines-begin-empty", file: "src/tui/ticker.ts", find: "    this.#look(false);\n    this.#cancel", replace: "    this.#cancel", tests: dashboard, filter: "for who hears it" },
  { name: "colours-whatever-is-said", file: "src/tui/look/look.ts", find: 'colourless ? "mono" : "default"', replace: '"default"', tests: ["test/binary/tui-screen.test.ts"], filter: "NO_COLOR" },
  { name: "utf-8-whatever-the-locale", file: "src/tui/look/look.ts", find: "given.ascii ?? !/utf-?8/i.test(locale)", replace: "given.ascii ?? locale === \"\"", tests: ["test/binary/tui-screen.test.ts"], filter: "locale" },
  { name: "news-flood-is-read", file: "src/tui/ticker.ts", find: "    if (this.#hurried) return;\n", replace: "", tests: ["test/tui/listener.test.ts"], filter: "what breaks is told" },
  { name: "listener-begins-anew", file: "src/tui/listener.ts", find: "this.#after === undefined ? {} : { after: this.#after }", replace: "{}", tests: ["test/tui/listener.test.ts"], filter: "a daemon is heard" },
  { name: "dear-looks-are-free", file: "src/tui/processor-share.ts", find: "passed >= longest || ", replace: "passed >= 0 || ", tests: ["test/tui/pacing.test.ts"], filter: "the first look is free" },
  { name: "keys-pay-for-data", file: "src/tui/terminal/paced-output.ts", find: 'if (this.drawsFor === "data") ', replace: "", tests: ["test/tui/pacing.test.ts"], filter: "data has its share" },
  { name: "frames-unacknowledged", file: "src/tui/terminal/paced-output.ts", find: "return this.#askedAt === undefined && this.#tokens > 0;", replace: "return this.#tokens > 0;", tests: ["test/tui/pacing.test.ts"], filter: "waits for the answer" },
  { name: "old-events-stay-counted", file: "src/tui/reader/source-window.ts", find: "known.events - countBetween(store, source, known.after, after) +", replace: "known.events +", tests: ["test/tui/source-window.test.ts"], filter: "counts that go on" },
  { name: "trimmed-events-stay-counted", file: "src/tui/reader/source-window.ts", find: "known?.removed === removed && after", replace: "known !== undefined && after", tests: ["test/tui/source-window.test.ts"], filter: "counts that go on" },
  { name: "screens-pile-up", file: "src/tui/terminal/when-clear.ts", find: "    if (output.clear) return tell();", replace: "    return tell();", tests: ["test/tui/pacing.test.ts"], filter: "while a whole screen" },
];
