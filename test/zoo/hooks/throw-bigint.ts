export default function hook(ctx) {
  throw 10n;
}
