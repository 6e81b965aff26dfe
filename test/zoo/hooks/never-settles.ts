export default function hook(ctx) {
  setInterval(() => {}, 1_000);
  return new Promise(() => {});
}
