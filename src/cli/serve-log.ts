import type { Fire } from "../engine/core/dispatch.ts";
import type { Invocation } from "../engine/core/invocation.ts";
import { isFailure } from "../engine/core/invocation.ts";
import type { Notice } from "../engine/core/notice.ts";
import type { Redactor } from "../engine/core/redactor.ts";
import { hookById } from "../engine/store/hooks.ts";
import type { Store } from "../engine/store/open.ts";
import { emit, isoTime, latency, oneLine, paint, printable } from "./output.ts";

interface Recorded {
  readonly invocations: readonly Invocation[];
  readonly dispatches: readonly Fire[];
  readonly notices: readonly Notice[];
}

export interface ServeLog {
  readonly line: (event: string, data: Readonly<Record<string, unknown>>) => void;
  readonly recorded: (recorded: Recorded, store: Store) => void;
  readonly notice: (notice: Pick<Notice, "kind" | "data">) => void;
  readonly stray: (text: string) => void;
}

/**
 * What `serve` prints: fires, failures and notices; a hook that quietly decides "no" is no news (`events tail`, `hooks
 * invocations` show those). One line each, or one JSON object a line.
 */
export function serveLog(json: boolean, redactor: Redactor): ServeLog {
  const slugs = new Map<string, string>();
  const slugOf = (store: Store, hookId: string): string => {
    const known = slugs.get(hookId) ?? hookById(store, hookId)?.slug ?? hookId;
    slugs.set(hookId, known);
    return known;
  };
  const line: ServeLog["line"] = (event, given) => {
    // The rows are redacted where they are written; this is the other place that their content goes to.
    const data = redactor.value(given);
    const at = new Date().toISOString();
    if (json) emit(JSON.stringify({ at, event, ...data }));
    else emit(`${paint("dim", at.slice(11, 23))} ${printable(event.padEnd(16))} ${Object.entries(data).map(([key, value]) => `${key}=${shown(value)}`).join(" ")}`);
  };
  return {
    line,
    recorded: ({ invocations, dispatches, notices }, store) => {
      for (const invocation of invocations) if (isFailure(invocation.outcome)) failure(invocation, slugOf(store, invocation.hook_id));
      for (const dispatch of dispatches) fire(dispatch, invocations, slugOf(store, dispatch.hook_id));
      for (const notice of notices) line(notice.kind, notice.data);
    },
    notice: ({ kind, data }) => line(kind, data),
    stray: (text) => line("stray_output", { text: oneLine(text).slice(0, 500) }),
  };

  function fire(dispatch: Fire, invocations: readonly Invocation[], hook: string): void {
    const invocation = invocations.find(({ id }) => id === dispatch.invocation_id);
    const { id, event_id, agent, session_key, prompt, status, created_at } = dispatch;
    if (json) return line("fired", { dispatch_id: id, hook, event_id, agent, session_key, status, prompt, created_at: isoTime(created_at), latency_us: invocation?.latency_us });
    line("fired", { hook, event: event_id, ...(agent === undefined ? {} : { agent }), dispatch: `${id} (${status})`, ...(invocation === undefined ? {} : { took: latency(invocation.latency_us / 1_000) }), ...(prompt === undefined ? {} : { prompt: prompt.slice(0, 80) }) });
  }

  function failure({ outcome, event_id, error, id }: Invocation, hook: string): void {
    line(outcome, { hook, event: event_id, invocation: id, error: error ?? outcome });
  }
}

function shown(value: unknown): string {
  const text = typeof value === "string" ? oneLine(value) : JSON.stringify(value) ?? "-";
  return typeof value === "string" && /[\s=]/.test(text) ? JSON.stringify(text) : text;
}
