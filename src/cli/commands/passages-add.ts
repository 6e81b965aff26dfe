import { loadConfig } from "../../engine/config.ts";
import { NexusError } from "../../engine/core/errors.ts";
import { createIds } from "../../engine/core/ids.ts";
import { newPassage } from "../../engine/refs/new-passage.ts";
import { insertPassage } from "../../engine/store/passages.ts";
import type { Call, Run } from "../call.ts";
import { flag, textOption } from "../call.ts";
import { objectOption } from "../object-option.ts";
import { emit, emitJson, paint } from "../output.ts";
import { passageView } from "../ref-views.ts";
import { textFrom } from "../text-from.ts";
import { callerFromEnv, withStore } from "../workspace.ts";

export const run: Run = async (call) => {
  const content = await contentOf(call);
  const [type, metadata, created_by] = [textOption(call, "type"), objectOption(call, "metadata"), callerFromEnv(process.env).agent];
  const given = { content, ...(type === undefined ? {} : { type }), ...(metadata === undefined ? {} : { metadata }), ...(created_by === undefined ? {} : { created_by }) };
  await withStore(call, "create", (store) => {
    const passage = newPassage(given, { limits: loadConfig(call.home).refs, redactor: store.redactor, ids: createIds(), now: Date.now() });
    const dryRun = flag(call, "dryRun");
    if (!dryRun) store.write(() => insertPassage(store, passage));
    if (call.json) emitJson({ ...passageView(passage), ...(dryRun ? { dry_run: true } : {}) });
    else if (call.quiet) emit(passage.id);
    else emit(dryRun ? `${paint("green", "✓")} [dry run] a passage of ${Buffer.byteLength(passage.content)} bytes would be added` : `${paint("green", "✓")} Passage added: ${passage.id}`);
  });
};

async function contentOf(call: Call): Promise<string> {
  const [given] = call.args;
  const file = textOption(call, "file");
  if (file !== undefined && given !== undefined) throw new NexusError("USAGE", "give the text either as an argument or with --file, not both");
  return given === undefined || given === "-" ? await textFrom(file ?? "-", loadConfig(call.home).refs.max_passage_bytes) : given;
}
