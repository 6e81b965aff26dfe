export default function hook(ctx) {
  throw "just text";
}
