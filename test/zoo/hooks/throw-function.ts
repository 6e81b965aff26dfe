export default function hook(ctx) {
  throw () => 1;
}
