export default function hook(ctx) {
  throw null;
}
