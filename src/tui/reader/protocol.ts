import type { ErrorCode } from "../../engine/core/errors.ts";
import type { Query } from "./readers.ts";

/** What goes between the thread that paints and the one that reads. */
export type ToReader = { readonly id: number; readonly queries: readonly Query[] } | { readonly close: true };

/** `same`: as it was answered last. */
export type Reply = { readonly same: true } | { readonly json: string } | { readonly error: { readonly code: ErrorCode; readonly message: string } };

export interface FromReader {
  readonly id: number;
  readonly replies: readonly Reply[];
}
