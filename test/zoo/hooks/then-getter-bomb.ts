export default function hook(ctx) {
  return { get then() {
    throw new Error("trap");
  } };
}
