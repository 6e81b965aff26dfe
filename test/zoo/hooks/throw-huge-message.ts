export default function hook(ctx) {
  throw new Error("x".repeat(5_000_000));
}
