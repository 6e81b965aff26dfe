export default function hook(ctx) {
  throw undefined;
}
