import type { Config } from "../config.ts";
import { NexusError } from "../core/errors.ts";
import type { IdFactory } from "../core/ids.ts";
import type { Passage } from "../core/ref.ts";
import type { Redactor } from "../core/redactor.ts";

export interface NewPassage {
  readonly content: string;
  /** Default `text`. */
  readonly type?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly created_by?: string;
  /** Default: a new one. */
  readonly id?: string;
}

/** A passage as it will be stored: without secrets, with its hash. Throws PASSAGE_INVALID. */
export function newPassage(given: NewPassage, { limits, redactor, ids, now }: { readonly limits: Config["refs"]; readonly redactor: Redactor; readonly ids: IdFactory; readonly now: number }): Passage {
  const { content, type = "text", metadata = {} } = redactor.value({ content: given.content, type: given.type, metadata: given.metadata });
  const size = Buffer.byteLength(content);
  if (size > limits.max_passage_bytes) throw invalid(`the content has ${size} bytes; expected at most refs.max_passage_bytes = ${limits.max_passage_bytes}`);
  if (!content.isWellFormed() || content.includes("\u0000")) throw invalid("the content has a NUL character or half a surrogate pair; expected text");
  if (!/^[^\u0000-\u001f\u007f]{1,128}$/.test(type)) throw invalid(`the type is ${JSON.stringify(type.slice(0, 140))}; expected 1 to 128 characters, without control characters`);
  checkMetadata(metadata, limits);
  if (given.id !== undefined && !/^psg_[0-9A-Za-z_-]{1,64}$/.test(given.id)) throw invalid(`the id is ${JSON.stringify(given.id.slice(0, 80))}; expected psg_ and letters, digits, - and _`);
  return { id: given.id ?? ids.make("psg", now), content, type, metadata, hash: passageHash({ content, type, metadata }), created_at: now, ...(given.created_by === undefined ? {} : { created_by: given.created_by }) };
}

/** Metadata of a passage or a ref: returns it. Throws PASSAGE_INVALID. */
export function checkMetadata(metadata: Readonly<Record<string, unknown>>, limits: Config["refs"]): Readonly<Record<string, unknown>> {
  const size = Buffer.byteLength(JSON.stringify(metadata));
  if (size > limits.max_metadata_bytes) throw invalid(`the metadata has ${size} bytes as JSON; expected at most refs.max_metadata_bytes = ${limits.max_metadata_bytes}`);
  return metadata;
}

/** SHA-256 of type, content and metadata, in hexadecimal digits. */
export function passageHash({ content, type, metadata }: Pick<Passage, "content" | "type" | "metadata">): string {
  return new Bun.CryptoHasher("sha256").update(JSON.stringify([type, content, metadata])).digest("hex");
}

function invalid(message: string): NexusError {
  return new NexusError("PASSAGE_INVALID", message);
}
