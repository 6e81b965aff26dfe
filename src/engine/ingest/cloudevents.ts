/**
 * CloudEvents 1.0 in JSON (https://github.com/cloudevents/spec, "JSON Event Format") as an event input:
 *
 *   id + source → source_id `{source}/{id}` of the adapter `cloudevents`     type → type     time → timestamp
 *   subject → thread_id      data (or data_base64) and everything else → metadata
 */
export function isCloudEvent(input: unknown): input is Readonly<Record<string, unknown>> {
  return typeof input === "object" && input !== null && Reflect.get(input, "specversion") === "1.0" && "source" in input;
}

export function fromCloudEvent(event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id, source, type, time, subject, data, data_base64, specversion: _version, datacontenttype, dataschema, ...extensions } = event;
  const metadata = { source, data, data_base64, datacontenttype, dataschema, extensions: Object.keys(extensions).length === 0 ? undefined : extensions };
  return {
    source_adapter: "cloudevents",
    // Unique as a pair (CloudEvents 3.1.1), so a repetition is a duplicate here too.
    source_id: typeof id === "string" && typeof source === "string" ? `${source}/${id}` : id,
    type,
    channel: "cloudevents",
    metadata: Object.fromEntries(Object.entries(metadata).filter(([, value]) => value !== undefined)),
    ...(time === undefined ? {} : { timestamp: time }),
    ...(subject === undefined ? {} : { thread_id: subject }),
    ...(typeof data === "string" ? { content: data } : {}),
  };
}
