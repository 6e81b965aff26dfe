import { HOOK_TABS, type HookDetail } from "../reader/hook.ts";
import { standingOf } from "../reader/hook-standing.ts";
import { hookInvocationRows, hookLogRows, hookStateRows } from "./hook-history.ts";
import { hookScriptRows, hookVersionRows } from "./hook-script.ts";
import { hookSummaryRows } from "./hook-summary.ts";
import { hookSubject } from "./hooks.ts";
import { defineScreen, type Canvas } from "./screen.ts";
import { lineText, textRows, type TextPart, type TextRow } from "./text.ts";

const TABS: Readonly<Record<string, (answer: HookDetail, canvas: Canvas) => readonly TextPart[]>> = {
  summary: hookSummaryRows, invocations: hookInvocationRows, logs: hookLogRows, script: hookScriptRows, versions: hookVersionRows, state: hookStateRows,
};

const EMPTY: Readonly<Record<string, readonly string[]>> = {
  invocations: ["It was not evaluated yet.", "", "w on an event says why a hook saw it, or did not."],
  logs: ["It wrote nothing in its last invocations: console.log in a hook, and what it throws, stand here."],
  state: ["It keeps nothing: ctx.state.set(...) in a hook does."],
};

export const hookScreen = defineScreen<"hook", TextRow>({
  id: "hook",
  title: ({ id = "" }, answer) => answer?.hook?.slug ?? id,
  tabs: HOOK_TABS,
  query: ({ id = "", tab = "summary" }) => ({ of: "hook", id, tab }),
  rows: (answer, canvas) => (answer.hook === undefined ? [] : textRows(TABS[canvas.place.tab ?? "summary"]?.(answer, canvas) ?? [])),
  followsCursor: ({ tab }) => tab === "versions",
  text: lineText,
  head: () => [],
  line: ({ text }) => text,
  sentence: lineText,
  empty: ({ hook }, { id = "", tab = "summary" }) => (hook === undefined ? [`There is no hook ${id}.`] : (EMPTY[tab] ?? ["Nothing."])),
  subject: (_, { hook }) => (hook === undefined ? undefined : hookSubject(standingOf(hook))),
});
