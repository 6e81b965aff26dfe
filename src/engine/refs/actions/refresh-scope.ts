import { z } from "zod";
import { refreshScope, scopeByName } from "../../store/scopes.ts";
import { NexusError } from "../../core/errors.ts";
import type { Action } from "./action.ts";
import { nameSchema } from "./name-schema.ts";

const schema = z.strictObject({ scope_name: nameSchema(512) }, "expected a JSON object");

/** Resolves a scope anew, with what the update has done so far. */
export const refreshScopeAction: Action<z.output<typeof schema>> = {
  schema,
  check: (store, { scope_name: name }) => {
    if (scopeByName(store, name) === undefined) throw new NexusError("SCOPE_NOT_FOUND", `config.scope_name: there is no scope ${JSON.stringify(name)}`, { next: ["nexus scopes list"] });
  },
  run: ({ scope_name: name }, { store, at }) => {
    const { version, passages } = refreshScope(store, name, at);
    return [`scope ${name} is version ${version}, ${passages} ${passages === 1 ? "passage" : "passages"}`];
  },
};
