const DAY_MS = 86_400_000;

/** Deduplication by the ledger: a text message is passed on unless its sender sent the same text within 24 hours. */
export const hook: Hook = {
  name: "No Duplicates",
  description: "Passes a text message on once in 24 hours, however often its sender repeats it",
  triggers: { event: { channels: "sms", types: "message", directions: "received" } },

  handler(ctx) {
    const { id, content, sender_id, timestamp } = ctx.event;
    if (!content?.trim() || sender_id === undefined) return { fire: false };

    // The ledger has this event already, and may have later ones: `seq` is the order in which they came.
    const [earlier] = ctx.ledger.query(
      `SELECT id FROM events
       WHERE sender_id = ? AND channel = 'sms' AND timestamp > ? AND lower(trim(content)) = lower(trim(?))
         AND seq < (SELECT seq FROM events WHERE id = ?)
       LIMIT 1`,
      [sender_id, timestamp - DAY_MS, content, id],
    );
    if (earlier !== undefined) {
      ctx.log.info(`repeats ${earlier.id}`);
      return { fire: false };
    }
    return {
      fire: true,
      agent: "atlas",
      context: { prompt: "A text message came. Decide whether I should hear of it now.", extracted: { from: sender_id, text: content } },
    };
  },
};
