export default function hook(ctx) {
  throw Object.create(null);
}
