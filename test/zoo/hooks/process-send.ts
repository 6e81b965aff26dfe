export default function hook(ctx) {
  process.send?.({ t: "results" });
  process.disconnect?.();
  return { fire: false };
}
