import { defineHook } from "nexus";

const DAY_MS = 86_400_000;

/** A cron schedule in a time zone, and one SQL query: what came in since the last digest, by channel. */
export default defineHook({
  name: "Daily Digest",
  description: "On weekdays at 08:30 in Berlin: the messages and webhooks since the last digest, counted by channel",
  schedule: { cron: "30 8 * * 1-5", timezone: "Europe/Berlin", catch_up: "last" },

  handler(ctx) {
    // The slot's own time, not `ctx.now`: a digest that runs late still covers the same span, and none is covered twice.
    const until = ctx.event.timestamp;
    const since: number = ctx.state.get("until") ?? until - DAY_MS;
    ctx.state.set("until", until);

    const channels = ctx.ledger.query(
      `SELECT channel, count(*) AS events, count(DISTINCT sender_id) AS senders
       FROM events
       WHERE type IN ('message', 'webhook') AND direction = 'received' AND timestamp >= ? AND timestamp < ?
       GROUP BY channel ORDER BY events DESC, channel`,
      [since, until],
    );
    const total = channels.reduce((sum, row) => sum + row.events, 0);
    if (total === 0) return { fire: false };

    return {
      fire: true,
      agent: "scribe",
      context: {
        prompt: `Write the morning digest: ${total} events on ${channels.length} channels since ${new Date(since).toISOString()}.`,
        extracted: { since, until, channels },
      },
    };
  },
});
