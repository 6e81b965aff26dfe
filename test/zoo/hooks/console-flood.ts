export default function hook(ctx) {
  for (let n = 0; n < 50_000; n += 1) console.log(`line ${n} of a flood`);
  return { fire: false };
}
