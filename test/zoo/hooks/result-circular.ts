export default function hook(ctx) {
  const loop = { fire: true };
  loop.self = loop;
  return loop;
}
