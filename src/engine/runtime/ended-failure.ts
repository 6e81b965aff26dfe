import type { Failure } from "./job.ts";
import type { EndedHeader } from "./protocol.ts";

/** What was running; when nothing was, the first thing owed: something has to end, or it would be tried for ever. */
export function culpritsOf(end: EndedHeader): readonly (readonly [chunk: number, index: number | undefined, ranForMs: number])[] {
  if (end.running.length > 0) return end.running;
  const [first] = end.owed;
  return first === undefined ? [] : [[first, undefined, 0]];
}

/** What becomes of the culprits of a Worker's end; undefined when it ended by no fault of its own. */
export function failureOf(end: EndedHeader): Failure | undefined {
  const base = {
    ranForMs: 0,
    logs: end.logs ?? [],
    ...(end.stack === undefined ? {} : { stack: end.stack }),
    ...(end.stuck === undefined ? {} : { stuck: true as const }),
  };
  switch (end.why) {
    case "timeout":
      return { ...base, outcome: "timeout", message: end.stuck === true ? "timed out in a call that only killing the evaluator could end" : "timed out" };
    case "exit":
      return { ...base, outcome: "error", message: end.message ?? "hook exited before it returned a result" };
    case "error":
    case "load":
      return { ...base, outcome: "error", message: end.message ?? "the Worker ended with an error" };
    case "memory":
      // It keeps to the evaluator in which nobody else pays for it.
      return { ...base, outcome: "crashed", message: end.message ?? "out of memory", stuck: true };
    case "protocol":
      return { ...base, outcome: "crashed", message: end.message ?? "the hook broke the protocol" };
    case "fresh":
    case "idle":
    case "grown":
    case "restless":
      return undefined;
  }
}
