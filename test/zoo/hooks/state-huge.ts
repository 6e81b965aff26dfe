export default function hook(ctx) {
  ctx.state.set("big", "x".repeat(100_000));
}
