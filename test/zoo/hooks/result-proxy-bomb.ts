export default function hook(ctx) {
  return new Proxy({}, { get() {
    throw new Error("trap");
  } });
}
