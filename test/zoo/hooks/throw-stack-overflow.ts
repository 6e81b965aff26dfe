export default function hook(ctx) {
  return { fire: hook(ctx).fire };
}
