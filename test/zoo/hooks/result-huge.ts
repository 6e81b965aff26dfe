export default function hook(ctx) {
  return { fire: true, context: { prompt: "x".repeat(300_000) } };
}
