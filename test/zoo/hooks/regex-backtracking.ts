export default function hook(ctx) {
  return { fire: /^(a+)+$/.test("a".repeat(40) + "b") };
}
