export default function hook(ctx) {
  throw Symbol("s");
}
