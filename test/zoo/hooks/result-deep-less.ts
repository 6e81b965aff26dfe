export default function hook(ctx) {
  let deep = [];
  for (let n = 0; n < 3_000; n += 1) deep = [deep];
  return { fire: true, context: { data: { deep } } };
}
