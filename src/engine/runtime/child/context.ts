import type { LoadHeader, RunEvent } from "../protocol.ts";
import type { Ledger } from "./ledger.ts";
import { Refs } from "./refs.ts";
import type { Run } from "./run.ts";
import type { ServiceCalls } from "./service-calls.ts";

interface ContextParts {
  readonly load: LoadHeader;
  readonly run: Run;
  readonly services: ServiceCalls;
  readonly ledger: Ledger;
  readonly refs: Refs;
  readonly triggerCount: number;
  readonly lastTriggered: number | null;
}

/** Builds the HookContext of one invocation (contract section 3). Every member may be taken off it and used alone. */
export function buildContext(seen: RunEvent, parts: ContextParts): object {
  const { load, run, services, ledger, refs } = parts;
  const search = (query: string, options: object = {}): Promise<unknown> => {
    run.searchCalls += 1;
    return services.call("search", [query, options]);
  };
  const hook = {
    ...load.hook,
    trigger_count: parts.triggerCount,
    ...(parts.lastTriggered === null ? {} : { last_triggered: parts.lastTriggered }),
  };
  const context = {
    event: seen.event,
    principal: seen.principal,
    permissions: seen.permissions,
    session: seen.session,
    ...(seen.request === undefined ? {} : { request: seen.request }),
    dbPath: load.dbPath,
    ledger,
    refs: seen.overlay === undefined ? refs : new Refs(ledger, seen.overlay),
    search,
    cortex: { search },
    llm: (prompt: string, options: object = {}) => callModel(prompt, options, parts),
    state: run.state,
    now: new Date(seen.now ?? run.startedAt),
    hook,
    automation: hook,
    log: {
      debug: (...args: unknown[]) => run.log("debug", args.map(text).join(" ")),
      info: (...args: unknown[]) => run.log("info", args.map(text).join(" ")),
      warn: (...args: unknown[]) => run.log("warn", args.map(text).join(" ")),
      error: (...args: unknown[]) => run.log("error", args.map(text).join(" ")),
    },
    ...seen.given,
  };
  return Object.defineProperty(context, "signal", { enumerable: true, get: () => run.signal });
}

async function callModel(prompt: string, options: object, { load, run, services }: ContextParts): Promise<unknown> {
  if (run.llmCalls >= load.llmCalls) {
    throw Object.assign(new Error(`LLM_LIMIT: ctx.llm() was called more than llm_calls = ${load.llmCalls} times in one invocation`), { code: "LLM_LIMIT" });
  }
  run.llmCalls += 1;
  const answer = await services.call("llm", [prompt, options]);
  const [reply, tokensIn, tokensOut] = answer as [text: string, tokensIn: number, tokensOut: number];
  run.tokensIn += tokensIn;
  run.tokensOut += tokensOut;
  return reply;
}

function text(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "(a value that cannot be printed)";
  }
}
