export default function hook(ctx) {
  throw Object.defineProperty(new Error("x"), "message", { get() { throw new Error("bomb"); } });
}
