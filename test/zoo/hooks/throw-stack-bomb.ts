export default function hook(ctx) {
  throw Object.defineProperty(new Error("x"), "stack", { get() { throw new Error("bomb"); } });
}
