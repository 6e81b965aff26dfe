export default function hook(ctx) {
  setTimeout(() => process.exit(0), 0);
  return { fire: true };
}
