export default function hook(ctx) {
  throw Promise.resolve(1);
}
