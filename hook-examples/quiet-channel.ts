/** An interval: every half hour, has a thread that should be busy fallen silent? Told once for each silence. */
export const automation: Automation = {
  name: "Quiet Channel",
  description: "Fires once when nobody has written in a thread for two hours",
  schedule: { every: "30m" },
  config: { thread: "launch", quiet_minutes: 120 },

  handler(ctx) {
    const { thread, quiet_minutes } = ctx.hook.config;
    const slot = ctx.event.timestamp;
    const [last] = ctx.ledger.query(
      "SELECT id, sender_id, timestamp FROM events WHERE thread_id = ? AND type = 'message' AND timestamp <= ? ORDER BY timestamp DESC, seq DESC LIMIT 1",
      [thread, slot],
    );
    // A thread that never spoke is not a thread that fell silent.
    if (last === undefined) return { fire: false };

    const minutes = Math.floor((slot - last.timestamp) / 60_000);
    if (minutes < quiet_minutes || ctx.state.get("told_about") === last.id) return { fire: false };

    ctx.state.set("told_about", last.id);
    return {
      fire: true,
      routing: { agent_id: "atlas", mode: "thread", target: thread },
      context: {
        prompt: `Nobody has written in ${thread} for ${minutes} minutes. See whether something is still open there, and ask if so.`,
        extracted: { last_event: last.id, last_sender: last.sender_id, minutes },
        include_thread: true,
      },
    };
  },
};
