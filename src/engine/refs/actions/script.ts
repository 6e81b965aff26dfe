import { z } from "zod";
import { findHook } from "../../registry/find-hook.ts";
import { loadState } from "../../store/hook-state.ts";
import { scriptOfHook } from "../handler-script.ts";
import { runHandler } from "./run-handler.ts";
import type { Action } from "./action.ts";
import { nameSchema } from "./name-schema.ts";

const schema = z.strictObject({
  /** Slug or id of a registered hook: its present version runs. */
  hook: nameSchema(256),
}, "expected a JSON object");

/** A registered hook script, before the commit and able to stop it. */
export const script: Action<z.output<typeof schema>> = {
  schema,
  check: (store, { hook }) => void findHook(store, hook),
  run: ({ hook: name }, call) => {
    const hook = findHook(call.store, name);
    return runHandler(call, scriptOfHook(hook, loadState(call.store, hook.version.id)), { passage: call.passage, ref_hook: call.hook });
  },
};
