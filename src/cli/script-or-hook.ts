import { readFileSync } from "node:fs";
import { NexusError } from "../engine/core/errors.ts";
import type { DryRunScript } from "../engine/dry-run.ts";
import { findHook } from "../engine/registry/find-hook.ts";
import { verifyScript } from "../engine/registry/script-store.ts";
import { prepareForCall } from "./authoring.ts";
import type { Call } from "./call.ts";
import { printable } from "./output.ts";
import { withStore } from "./workspace.ts";

/** No slug and no id has a slash or a full stop, and no file without such an ending is a script: an argument means one or the other, whatever stands in the caller's folder. */
const FILE_NAME = /[/\\]|\.[cm]?[jt]sx?$/i;

/** What an argument means: a script by its path, or the current version of a hook, as it is stored, by slug, id or id prefix. */
export async function scriptOrHook(call: Call, given: string): Promise<DryRunScript> {
  if (FILE_NAME.test(given)) return prepareForCall(call, given);
  return await withStore(call, "must exist", (store) => {
    const { id, slug, version } = find();
    const { script_path, script_hash, source_path, metadata } = version;
    verifyScript(script_path, script_hash);
    return { hookId: id, slug, metadata, bundle: readFileSync(script_path, "utf8"), bundleHash: script_hash, sourcePath: source_path };

    function find(): ReturnType<typeof findHook> {
      try {
        return findHook(store, given);
      } catch (error) {
        if (!(error instanceof NexusError) || error.code !== "HOOK_NOT_FOUND" || error.details.hint !== undefined) throw error;
        throw new NexusError(error.code, `${error.message}, and it is no path of a script`, { ...error.details, hint: `a script is named by its path: ./${printable(given)}.ts` });
      }
    }
  });
}
