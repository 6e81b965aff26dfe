const HOUR_MS = 3_600_000;

/** Watching the clock: sees every timer tick, speaks at night only, at most once an hour, and only if something came. */
export const hook: Hook = {
  name: "Night Watch",
  description: "From 23:00 to 07:00 in Berlin, at most hourly: were there messages that someone should look at?",
  triggers: { event: { types: "timer_tick" } },
  config: { timezone: "Europe/Berlin", from: 23, to: 7 },

  handler(ctx) {
    const { timezone, from, to } = ctx.hook.config;
    const tick = ctx.event.timestamp;
    const hour = Number(new Intl.DateTimeFormat("en-GB", { hour: "2-digit", timeZone: timezone }).format(tick));
    if (hour < from && hour >= to) return { fire: false };

    const reported: number = ctx.state.get("reported") ?? 0;
    if (tick - reported < HOUR_MS) return { fire: false };
    // The night before is no news: after a long silence, look back one hour.
    const since = Math.max(reported, tick - HOUR_MS);
    const messages = ctx.ledger.query(
      "SELECT id, channel, sender_id FROM events WHERE timestamp > ? AND timestamp <= ? AND type = 'message' AND direction = 'received' ORDER BY seq LIMIT 50",
      [since, tick],
    );
    if (messages.length === 0) return { fire: false };

    ctx.state.set("reported", tick);
    return {
      fire: true,
      agent: "atlas",
      routing: { queue_mode: "collect" },
      context: {
        prompt: `Messages that came in the night: ${messages.length}. Wake me only if one of them cannot wait.`,
        extracted: { events: messages },
      },
    };
  },
};
