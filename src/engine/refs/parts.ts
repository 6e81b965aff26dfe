import type { NoticeKind } from "../core/notice.ts";
import type { Handlers } from "./handlers.ts";
import type { RefHost } from "./frame.ts";
import type { WebhookParts } from "./send-webhook.ts";

/** What the daemon's work for refs needs beside what an update needs. */
export interface RefWorkParts {
  readonly host: RefHost;
  readonly handlers: Handlers;
  readonly webhooks: WebhookParts;
  /** In a transaction with others; resolves once it is durable, rejects when the engine has ended. */
  readonly commit: (work: () => void) => Promise<void>;
  readonly notice: (kind: NoticeKind, data: Readonly<Record<string, unknown>>) => void;
  /** 0 to 1. */
  readonly random: () => number;
  /** Nothing is under way any more. */
  readonly rested: () => void;
}
