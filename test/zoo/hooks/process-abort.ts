export default function hook(ctx) {
  process.abort();
}
