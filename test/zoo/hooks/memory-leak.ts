const kept = [];

export default function hook(ctx) {
  kept.push(new Uint8Array(3_000_000).fill(1));
  ctx.state.set("seen", (ctx.state.get("seen") ?? 0) + 1);
  return { fire: true, context: { data: { seen: ctx.state.get("seen") } } };
}
