export default function hook(ctx) {
  setInterval(() => {
    const end = performance.now() + 50;
    while (performance.now() < end);
  }, 50);
  return { fire: false };
}
