const WINDOW_MS = 10 * 60_000;

/** Counting in state: a sliding window over each thread, and one fire when it gets busy. */
export const hook: Hook = {
  name: "Busy Counter",
  description: "Fires when a thread has had eight messages within ten minutes",
  triggers: { event: { types: "message" } },
  config: { messages: 8 },

  handler(ctx) {
    const { thread_id, timestamp } = ctx.event;
    if (thread_id === undefined) return { fire: false };
    const since = timestamp - WINDOW_MS;

    // Threads that went quiet leave the state, which has 64 KiB.
    const threads: [string, number[]][] = Object.entries(ctx.state.all());
    for (const [thread, times] of threads) {
      if (times.every((time) => time <= since)) ctx.state.delete(thread);
    }
    const known: number[] = ctx.state.get(thread_id) ?? [];
    const times = [...known.filter((time) => time > since), timestamp];
    if (times.length < ctx.hook.config.messages) {
      ctx.state.set(thread_id, times);
      return { fire: false };
    }
    // Counting begins anew, so that the ninth message does not fire again.
    ctx.state.delete(thread_id);
    return {
      fire: true,
      agent: "scribe",
      context: {
        prompt: `${thread_id} is busy: ${times.length} messages in ten minutes. Sum up what is happening for someone who just arrived.`,
        extracted: { thread: thread_id, messages: times.length },
        include_thread: true,
      },
    };
  },
};
