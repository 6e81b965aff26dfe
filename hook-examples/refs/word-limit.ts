/** A custom action: a passage with more words than the hook's configuration allows does not become what the ref points to. */
export default function ({ hook, passage }: RefActionContext): RefResult {
  const words = passage.content.split(/\s+/).filter((word) => word !== "").length;
  const most = Number(hook.config.words ?? 100);
  if (words > most) throw new Error(`${words} words; ${hook.ref_name} takes ${most} at most`);
  // What it emits is stored with the update, and only with it.
  return { emit: [{ type: "passage_checked", channel: "checks", content: `${hook.ref_name}: ${words} of ${most} words` }] };
}
