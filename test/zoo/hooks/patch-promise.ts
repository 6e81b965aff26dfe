export default function hook(ctx) {
  globalThis.Promise = class {};
  return { fire: false };
}
