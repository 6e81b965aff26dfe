export default function hook(ctx) {
  const all = [];
  for (;;) all.push(new Array(10_000).fill(all.length));
}
