export default function hook(ctx) {
  globalThis.setTimeout = globalThis.setImmediate = () => 0;
  return { fire: false };
}
