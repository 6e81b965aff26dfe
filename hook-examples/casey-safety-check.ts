/**
 * @name Casey Safety Check
 * @description Wakes Atlas at 03:00 if Casey has not written that they are home safe. Runs once.
 * @mode one-shot
 * @cron 0 3 * * *
 * @timezone Europe/Berlin
 */

import Database from "better-sqlite3";

const SENDER = "casey";
const EVENING_MS = 9 * 3_600_000;

// Most messages that name home are not sent from there: "I'll text you when I'm home", "on my way home", "home in 10".
// A false alarm costs a message, a missed one may cost more: in doubt a message is no confirmation.
const ARRIVED = /^(home|safe)\b|\b(i['’]?m|am|got|made it|arrived|back) (at |back |safely )?(home|safe|safely)\b/i;
const NOT_YET = /\b(when|once|until|before|if|not|almost|nearly|heading|going|way|leaving|soon|later|yet|in \d+)\b|n['’]t\b|\?/i;

export default async function (ctx: HookContext): Promise<HookResult> {
  // The event is the 03:00 slot. Up to `now`, and not only up to 03:00: a slot that runs late knows what came meanwhile.
  const deadline = ctx.event.timestamp;
  const db = new Database(ctx.dbPath, { readonly: true, fileMustExist: true });
  try {
    const messages = db
      .prepare("SELECT content, timestamp FROM events WHERE sender_id = ? AND type = 'message' AND timestamp BETWEEN ? AND ? ORDER BY timestamp")
      .all(SENDER, deadline - EVENING_MS, ctx.now.getTime());

    const confirmed = messages.some(({ content }) => ARRIVED.test(content?.trim()) && !NOT_YET.test(content));
    if (confirmed) return { fire: false, disable_hook: true };

    const last = messages.at(-1);
    return {
      fire: true,
      agent: "atlas",
      context: {
        prompt: "Casey has not confirmed being home safe by 03:00. Call Casey; without an answer, wake the family.",
        extracted: { messages: messages.length, last_message: last?.content, last_message_at: last?.timestamp },
      },
    };
  } finally {
    db.close();
  }
}
