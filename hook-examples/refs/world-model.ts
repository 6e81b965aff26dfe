/** A processor: from the passage that a ref has moved to, it makes the next version of the world model. */
export default function ({ run, refs, log }: ProcessorContext): RefResult {
  const daily = refs.passage(run.input["passage_id"]);
  if (daily === undefined) throw new Error(`the passage ${run.input["passage_id"]} is gone`);
  const before = refs.get("agent/world/HEAD");
  const world = before === undefined ? [] : (refs.passage(before.passage_id)?.content.split("\n") ?? []);
  const lines = [...world, ...daily.content.split("\n").map((line) => `${run.input["ref_name"]}: ${line}`)].slice(-20);
  log.info(`the world has ${lines.length} lines now`);
  return {
    emit: [{ type: "ref_set", channel: "ref", content: lines.join("\n"), metadata: { ref_name: "agent/world/HEAD", passage_type: "model", passage_metadata: { from: daily.id } } }],
    result: { lines: lines.length },
  };
}
