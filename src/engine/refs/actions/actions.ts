import { z } from "zod";
import type { BuiltInAction, RefHook } from "../../core/ref.ts";
import { BUILT_IN_ACTIONS } from "../../core/ref.ts";
import { NexusError } from "../../core/errors.ts";
import { shellWord } from "../../core/shell-word.ts";
import { firstProblem } from "../../core/first-problem.ts";
import { nearest } from "../../core/nearest.ts";
import { handlerByName, listHandlers } from "../../store/ref-handlers.ts";
import type { Store } from "../../store/open.ts";
import type { Action, ActionCall } from "./action.ts";
import { auditLog } from "./audit-log.ts";
import { customAction } from "./custom.ts";
import { refreshScopeAction } from "./refresh-scope.ts";
import { script } from "./script.ts";
import { triggerRun } from "./trigger-run.ts";
import { webhook } from "./webhook.ts";

/** What a hook on a ref does: its action, with a configuration that fits. */
export interface BoundAction {
  check(limits: { readonly webhook_private: boolean }): void;
  run(call: ActionCall): readonly string[];
}

type Bind = (store: Store, config: unknown) => BoundAction;

const BUILT_IN: Readonly<Record<BuiltInAction, Bind>> = {
  webhook: bind(webhook),
  refresh_scope: bind(refreshScopeAction),
  trigger_run: bind(triggerRun),
  audit_log: bind(auditLog),
  script: bind(script),
};

/** Throws ACTION_NOT_FOUND or REF_HOOK_INVALID. */
export function actionOf(store: Store, { action_type: type, config }: Pick<RefHook, "action_type" | "config">): BoundAction {
  const builtIn = BUILT_IN_ACTIONS.find((one) => one === type);
  if (builtIn !== undefined) return BUILT_IN[builtIn](store, config);
  if (handlerByName(store, "action", type) !== undefined) return bind(customAction(type))(store, config);
  const known = [...BUILT_IN_ACTIONS, ...listHandlers(store, "action").map(({ name }) => name)];
  throw new NexusError("ACTION_NOT_FOUND", `no action is called ${JSON.stringify(type)}; there are ${known.join(", ")}`, { did_you_mean: nearest(type, known), next: [`nexus refs actions register ${shellWord(type)} SCRIPT`] });
}

function bind<Config>(action: Action<Config>): Bind {
  return (store, config) => {
    const parsed = action.schema.safeParse(config);
    if (!parsed.success) {
      const { message, ...meant } = firstProblem(parsed.error, "config", config, action.schema instanceof z.ZodObject ? Object.keys(action.schema.shape) : []);
      throw new NexusError("REF_HOOK_INVALID", message, meant);
    }
    return { check: (limits) => action.check(store, parsed.data, limits), run: (call) => action.run(parsed.data, call) };
  };
}
