import { isSettled, type Dispatch } from "../../engine/core/dispatch.ts";
import { EXIT, NexusError } from "../../engine/core/errors.ts";
import { createIds } from "../../engine/core/ids.ts";
import { QUEUE_MODES } from "../../engine/core/queue-mode.ts";
import { sendToAgent } from "../../engine/broker/send.ts";
import { dispatchById } from "../../engine/store/dispatches.ts";
import { turnById } from "../../engine/store/turns.ts";
import { agentOption, textArgument } from "../agent-name.ts";
import type { Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { dispatchView } from "../broker-views.ts";
import { choiceOption } from "../options.ts";
import { emit, emitJson, paint, printable } from "../output.ts";
import { patienceOf, waitFor } from "../patience.ts";
import { turnVariable } from "../turn-cause.ts";
import { callerFromEnv, withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const { name: to, config } = agentOption({ ...call, options: { agent: call.options["to"] } }, "agent");
  if (textOption(call, "to") === undefined) throw new NexusError("USAGE", "say which agent is to do it: --to NAME");
  const from = textOption(call, "from") ?? callerFromEnv(process.env).agent;
  if (from === undefined) throw new NexusError("USAGE", "say who asks: --from NAME, or NEXUS_AGENT_ID");
  const text = await textArgument(call.args[0]);
  const message = { to, from, text, session: textOption(call, "session"), mode: choiceOption(call, "mode", QUEUE_MODES), cause: turnVariable("NEXUS_DISPATCH_ID") };
  const dryRun = flag(call, "dryRun");
  return withStore(call, "create", async (store) => {
    const sent = store.write(() => sendToAgent(store, { ids: createIds(), now: Date.now(), persona: config.persona, maxDepth: config.events.max_depth, maxChain: config.events.max_chain, dryRun }, message));
    const settled = dryRun ? undefined : await waitFor(store, patienceOf(call), () => settledOf(dispatchById(store, sent.id)));
    if (settled === undefined) {
      if (call.json) emitJson({ ...dispatchView(sent), ...(dryRun ? { dry_run: true } : {}) });
      else emit(call.quiet ? sent.id : `${paint("green", "✓")} ${dryRun ? "[dry run] " : ""}${sent.id} waits for ${to} in ${printable(sent.session_key)}`);
      return call.options["wait"] === undefined || dryRun ? EXIT.done : EXIT.timedOut;
    }
    const answer = settled.turn_id === undefined ? undefined : turnById(store, settled.turn_id)?.answer;
    if (call.json) emitJson({ ...dispatchView(settled), answer });
    else emit(printable(settled.status === "done" ? (answer ?? "") : `${settled.id} ${settled.status}: ${settled.reason ?? ""}`));
    return settled.status === "done" ? EXIT.done : EXIT.failed;
  });
};

function settledOf(dispatch: Dispatch | undefined): Dispatch | undefined {
  return dispatch !== undefined && isSettled(dispatch.status) ? dispatch : undefined;
}
