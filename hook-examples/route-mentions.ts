import type { Hook } from "nexus";

/** `@atlas`, `@atlas:`; not the middle of `joe@atlas.example`, and not `@atlas.example`. */
const MENTION = /(?<![\w.@])@([a-z][\w-]*)(?!\.?\w)/gi;

/** Deterministic routing: a message that addresses an agent by name goes to that agent, and to nobody else. */
export const hook: Hook = {
  name: "Route Mentions",
  description: "Hands a message that says @name to the agent of that name",
  // Only what others wrote: an agent's own reply that quotes the mention must not call it again.
  triggers: { event: { types: "message", directions: "received" } },
  config: { agents: ["atlas", "scribe"] },

  handler(ctx) {
    const agents: string[] = ctx.hook.config.agents;
    const text = ctx.event.content ?? "";
    const mentioned = [...text.matchAll(MENTION)].map(([, name]) => name.toLowerCase());
    const agent = mentioned.find((name) => agents.includes(name));
    if (agent === undefined) return { fire: false };

    return {
      fire: true,
      routing: { agent_id: agent, queue_mode: "followup" },
      context: {
        prompt: "You were addressed in a conversation. The request is in the data; answer it there.",
        // What other people wrote travels as data, never inside the prompt.
        extracted: { request: text.replace(MENTION, "").replace(/\s+/g, " ").trim(), from: ctx.event.sender_id },
        include_thread: ctx.event.thread_id !== undefined,
      },
    };
  },
};
