export default function hook(ctx) {
  Atomics.store = Atomics.load = () => 1;
  return { fire: false };
}
