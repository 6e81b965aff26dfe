import type { NoticeEvent } from "../engine/api/wire.ts";
import { NOTICE_KINDS } from "../engine/core/notice.ts";
import { noticeText, noticeTone } from "./screens/notice-text.ts";
import type { News } from "./state/view.ts";

/** So long the last news stands on the screen. */
export const NEWS_MS = 60_000;

/** What an operator is told at once, wherever they are: what broke, what mended itself, and that the daemon went. */
export function newsOf(event: NoticeEvent | undefined, now: number): News | undefined {
  if (event === undefined) return { text: "the daemon broke off", tone: "bad", at: now };
  if (event.event === "bye") return { text: "the daemon stops", tone: "warn", at: now };
  if (event.event === "hello") return now - Date.parse(event.data.started_at) > NEWS_MS ? undefined : { text: `the daemon is there, pid ${event.data.pid}`, tone: "good", at: now };
  if (event.event !== "notice") return undefined;
  const { kind: name, data } = event.data;
  // A newer daemon has kinds that this dashboard does not know.
  const kind = NOTICE_KINDS.find((one) => one === name);
  const tone = kind === undefined ? "plain" : noticeTone(kind);
  if (kind === undefined || (tone !== "good" && tone !== "warn" && tone !== "bad")) return undefined;
  const { slug } = data;
  return { text: noticeText({ kind, data, hook: typeof slug === "string" ? slug : undefined }), tone, at: Date.parse(event.data.at) };
}
