export default async function hook(ctx) {
  const all = [];
  for (;;) {
    all.push(new Uint8Array(4_000_000).fill(1));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
