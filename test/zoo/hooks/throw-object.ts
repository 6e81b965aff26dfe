export default function hook(ctx) {
  throw { a: 1 };
}
