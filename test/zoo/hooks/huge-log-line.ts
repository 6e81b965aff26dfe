export default function hook(ctx) {
  console.log("x".repeat(20_000_000));
  return { fire: false };
}
