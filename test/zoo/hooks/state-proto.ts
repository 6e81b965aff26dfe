export default function hook(ctx) {
  ctx.state.set("__proto__", { polluted: true });
  ctx.state.set("constructor", 1);
  return { fire: false };
}
