export default function hook(ctx) {
  process.exit(7);
}
