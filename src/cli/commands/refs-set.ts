import { NexusError } from "../../engine/core/errors.ts";
import { shellWord } from "../../engine/core/shell-word.ts";
import { createIds } from "../../engine/core/ids.ts";
import { loadConfig } from "../../engine/config.ts";
import { newPassage } from "../../engine/refs/new-passage.ts";
import type { Passage } from "../../engine/core/ref.ts";
import type { Call, Run } from "../call.ts";
import { textOption } from "../call.ts";
import { objectOption } from "../object-option.ts";
import { expectOption, updateFromCall, type RefCall } from "../ref-update.ts";
import { textFrom } from "../text-from.ts";

export const run: Run = async (call) => {
  const [name = "", given] = call.args;
  const content = await contentOf(call);
  if ((given === undefined) === (content === undefined)) {
    throw new NexusError("USAGE", given === undefined ? "there is no passage: give its id, or --content or --file for a new one" : "give either the id of a passage, or --content or --file for a new one", { next: ["nexus passages list", `nexus refs set ${shellWord(name)} --content "..."`] });
  }
  const idle = content === undefined ? (["type", "passageMetadata"] as const).find((option) => call.options[option] !== undefined) : undefined;
  if (idle !== undefined) throw new NexusError("USAGE", `${idle === "type" ? "--type" : "--passage-metadata"} is of a new passage, and ${given ?? ""} is there already`, { hint: "a passage never changes; give --content or --file for a new one, or --metadata for the ref's own" });
  const metadata = objectOption(call, "metadata");
  await updateFromCall(call, {
    mode: "create",
    ask: (parts) => {
      const passage = content === undefined ? (given ?? "") : added(call, parts, content);
      return () => ({ writes: [{ ref_name: name, passage, metadata, action: "set", hooks: call.options["hooks"] !== false, expect: expectOption(call) }] });
    },
    sentence: ({ updates: [update] }) => `${name} is at ${update?.passage_id ?? ""}${update?.previous_passage_id === undefined ? ", new" : `, before at ${update.previous_passage_id}`}`,
  });
};

async function contentOf(call: Call): Promise<string | undefined> {
  const [content, file] = [textOption(call, "content"), textOption(call, "file")];
  if (content !== undefined && file !== undefined) throw new NexusError("USAGE", "give either --content or --file, not both");
  return file === undefined ? content : await textFrom(file, loadConfig(call.home).refs.max_passage_bytes);
}

function added(call: Call, { store, actor }: RefCall, content: string): Passage {
  const type = textOption(call, "type");
  const metadata = objectOption(call, "passageMetadata");
  return newPassage(
    { content, ...(type === undefined ? {} : { type }), ...(metadata === undefined ? {} : { metadata }), ...(actor === undefined ? {} : { created_by: actor }) },
    { limits: loadConfig(call.home).refs, redactor: store.redactor, ids: createIds(), now: Date.now() },
  );
}

