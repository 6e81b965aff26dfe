export default function hook(ctx) {
  return new Promise(() => {});
}
