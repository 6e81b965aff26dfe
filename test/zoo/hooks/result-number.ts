export default function hook(ctx) {
  return 42;
}
