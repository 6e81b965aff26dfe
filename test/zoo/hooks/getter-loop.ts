export default function hook(ctx) {
  return { get fire() { for (;;); } };
}
