export default function hook(ctx) {
  const loop = {};
  loop.self = loop;
  throw loop;
}
