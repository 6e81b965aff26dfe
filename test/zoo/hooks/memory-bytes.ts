export default function hook(ctx) {
  const all = [];
  for (;;) all.push(new Uint8Array(4_000_000).fill(1));
}
