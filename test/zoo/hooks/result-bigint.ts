export default function hook(ctx) {
  return { fire: true, context: { data: { n: 1n } } };
}
