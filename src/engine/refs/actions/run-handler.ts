import type { HandlerScript } from "../handlers.ts";
import { requestOf } from "../../core/ref-request.ts";
import { ActionFailure, type ActionCall } from "./action.ts";

/** Asks a script, and does what it asks for, in its order. */
export function runHandler(call: ActionCall, script: HandlerScript, given: Readonly<Record<string, unknown>>): string[] {
  const answer = call.ask({ kind: "handler", job: { script, event: call.event, given, overlay: call.overlay } });
  if (answer.outcome !== "done") throw new ActionFailure(answer);
  if (call.dryRun) return [`would run ${script.name}; what it does is known when it has run`];
  const effects = answer.emit.map((event) => {
    const request = requestOf(event);
    if (request !== undefined) return call.request(request);
    call.emit(event);
    return `event ${event.type ?? "message"}`;
  });
  return [`ran ${script.name}`, ...effects];
}
