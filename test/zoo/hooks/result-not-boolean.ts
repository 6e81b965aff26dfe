export default function hook(ctx) {
  return { fire: "yes" };
}
