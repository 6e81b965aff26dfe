await new Promise(() => setInterval(() => {}, 1_000));
export default function hook(ctx) {
  return { fire: false };
}
